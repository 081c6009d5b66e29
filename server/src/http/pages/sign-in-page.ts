import type { FastifyInstance } from 'fastify'
import type { Pages } from './pages.ts'

/**
 * The page of a link to sign in with. It uses nothing up: the token goes on to the application, which signs in with it; where
 * none is set, people type the code.
 */
export function registerSignInPage(
  app: FastifyInstance,
  { pages, config }: { pages: Pages; config: { signInLinkUrl: string | undefined } },
): void {
  const { signInLinkUrl } = config
  const route = { config: { limit: 'mail-link', reference: { kind: 'page' } } } as const
  app.get('/mail/sign-in', route, async (request, reply) => {
    const { token } = request.query as Record<string, unknown>
    const language = pages.languageOf(request)
    const hasApplication = signInLinkUrl !== undefined && typeof token === 'string'
    // In the fragment, which no server is told and no referrer holds.
    const href = hasApplication ? `${signInLinkUrl}#token=${encodeURIComponent(token)}` : ''
    return pages.send(reply, { page: 'sign-in', language, status: 200, facts: { hasApplication, href } })
  })
}
