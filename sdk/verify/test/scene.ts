/** What tests of the revocation feed begin with. */
import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import { type Issuer, startIssuer } from './issuer.ts'
import { codeOf, until, verifierOf, type Watched } from './setup.ts'

export const isFeed = ({ url = '' }: IncomingMessage) => url.startsWith('/api/revocations')
export const feedAsked = ({ asked }: Issuer) => asked.filter((path) => path.startsWith('/api/revocations'))

export type Scene = { issuer: Issuer; verifier: Watched; token: string; sid: string }

/** A verifier that follows the feed and has seen a token. */
export async function setScene(t: TestContext, revocations: Parameters<typeof verifierOf>[2] = {}): Promise<Scene> {
  const issuer = await startIssuer(t)
  const verifier = verifierOf(t, issuer, { revocations: {}, ...revocations })
  const token = await issuer.token()
  const { sessionId = '' } = await verifier.verify(token)
  return { issuer, verifier, token, sid: sessionId }
}

export const untilRevoked = (verifier: Watched, token: string) =>
  until('it is revoked', async () => (await codeOf(verifier, token)) === 'revoked')
