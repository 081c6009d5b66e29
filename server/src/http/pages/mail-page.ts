/**
 * The page that a link in a mail opens, as scanners of mails do too: opening it changes nothing and looks nothing up. It shows one
 * button, and what that posts is acted upon.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Visitor } from '../../features/limits/limits.ts'
import type { Origin } from '../../platform/origin.ts'
import type { DeviceCookie } from '../device-cookie.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { isFromElsewhere, readForm } from './form-body.ts'
import type { MessageName, PageName, Pages } from './pages.ts'

type Spoiled = 'wrong' | 'expired' | 'used' | 'too-many-tries'

/** `again`: what was entered cannot be taken, for these reasons; the link is still good. */
export type PageOutcome =
  | { kind: 'done'; message: MessageName }
  | { kind: Spoiled }
  | { kind: 'again'; reasons: readonly string[] }

export type MailPage = {
  /** Also the page, and the last part of its address. */
  purpose: Exclude<PageName, 'message' | 'sign-in' | 'dev-mailbox' | 'dev-mail'>
  /** The password that its form asks for, besides the button. */
  password?: { autocomplete: 'new-password' | 'current-password'; isRequired: boolean }
  /** Whether the browser is known from then on: what was done proved whose it is. */
  makesKnown?: true
  /** @param fields what the form holds beside the token, such as `password` */
  act(given: {
    token: string
    fields: ReadonlyMap<string, string>
    language: string
    origin: Origin
    visitor: Visitor
  }): Promise<PageOutcome>
}

const statuses: Readonly<Record<Spoiled, number>> = { wrong: 400, expired: 410, used: 410, 'too-many-tries': 410 }

type Deps = { pages: Pages; deviceCookie: DeviceCookie }

/** Adds `GET` and `POST /mail/<purpose>`. */
export function registerMailPage(app: FastifyInstance, deps: Deps, page: MailPage): void {
  const { pages } = deps
  const path = `/mail/${page.purpose}`
  const config = { limit: 'mail-link', reference: { kind: 'page' } } as const
  app.get(path, { config }, async (request, reply) => {
    const { token } = request.query as Record<string, unknown>
    const language = pages.languageOf(request)
    if (typeof token !== 'string' || token === '')
      return pages.sendMessage(reply, { message: 'wrong', language, status: 400 })
    return sendForm(pages, reply, page, { token, language, status: 200, reasons: [] })
  })
  app.post(path, { config }, async (request, reply) => answer(deps, page, request, reply))
}

async function answer(
  { pages, deviceCookie }: Deps,
  page: MailPage,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const fields = readForm(request)
  const language = pages.languageOf(request)
  if (isFromElsewhere(request)) return pages.sendMessage(reply, { message: 'elsewhere', language, status: 403 })
  const token = fields.get('token') ?? ''
  const mark = page.makesKnown && deviceCookie.markOf(request)
  const visitor = visitorOf(request, mark)
  const outcome = await page.act({ token, fields, language, origin: originOf(request), visitor })
  if (outcome.kind === 'done') {
    if (mark) deviceCookie.set(reply, mark)
    return pages.sendMessage(reply, { message: outcome.message, language, status: 200 })
  }
  if (outcome.kind !== 'again')
    return pages.sendMessage(reply, { message: outcome.kind, language, status: statuses[outcome.kind] })
  return sendForm(pages, reply, page, { token, language, status: 422, reasons: outcome.reasons })
}

type Form = { token: string; language: string; status: number; reasons: readonly string[] }

function sendForm(
  pages: Pages,
  reply: FastifyReply,
  { purpose, password }: MailPage,
  { token, language, status, reasons }: Form,
) {
  const hasReasons = reasons.length > 0
  const field = password && { ...password, hasReasons, reasons: reasons.map((reason) => ({ reason })) }
  const title = pages.word(language, purpose, hasReasons ? 'titleAgain' : 'title')
  // `action` stands beside the page itself, also where PUBLIC_URL has a path.
  return pages.send(reply, { page: purpose, language, status, title, facts: { action: purpose, token, ...field } })
}
