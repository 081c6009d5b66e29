/**
 * `/dev/mail`: the mailbox of whoever develops, on the same machine only. It exists where mails are not sent and PUBLIC_URL is
 * local, and it is there for peers on the loopback address: the socket says who that is, no header does.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Email, KeptMail } from '../../features/email/email.ts'
import type { Logger } from '../../platform/logger.ts'
import { refused } from '../../platform/refusal.ts'
import { type Dialect, registerFailures } from '../failures.ts'
import { sendProblem, sendUnknownProblem } from '../problems.ts'
import { recordId } from '../record-id.ts'
import type { NoteRefusal } from '../summary-log.ts'
import { isOfThisMachine } from '../this-machine.ts'
import { inPages } from './in-pages.ts'
import type { Pages } from './pages.ts'

const config = { limit: 'this-machine', reference: { kind: 'page' } } as const

// A mail is shown as it would arrive, but nothing in it loads, runs, or knows where it is.
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox"

type Deps = { email: Email; pages: Pages; logger: Logger; noteRefusal: NoteRefusal }

export function registerDevMailbox(app: FastifyInstance, deps: Deps): void {
  const { email, pages } = deps
  if (email.mode !== 'development') return
  registerFailures(app, deps, asAsked(inPages(pages, { 'not-found': 'no-mail' })))
  app.addHook('onRequest', async (request) => {
    if (!isOfThisMachine(request)) throw refused('not-found')
  })

  app.get('/dev/mail', { config }, async (request, reply) => {
    const kept = await email.mailbox()
    if (wantsJson(request)) return { mails: kept.map(toBody) }
    const mails = kept.map((mail) => ({ ...toRow(mail), href: `mail/${mail.id}` }))
    const language = pages.languageOf(request)
    return pages.send(reply, {
      page: 'dev-mailbox',
      language,
      status: 200,
      facts: { mails, hasMails: mails.length > 0 },
    })
  })

  app.get<{ Params: { id: string } }>('/dev/mail/:id', { config }, async (request, reply) => {
    const mail = await get(email, request.params.id)
    if (wantsJson(request)) return toBody(mail)
    const [before, link, after] = splitAtLink(mail.text)
    const facts = { ...toRow(mail), html: `${mail.id}/html`, before, hasLink: link !== '', link, after }
    return pages.send(reply, {
      page: 'dev-mail',
      language: pages.languageOf(request),
      status: 200,
      title: mail.subject,
      facts,
    })
  })

  app.get<{ Params: { id: string } }>('/dev/mail/:id/html', { config }, async (request, reply) => {
    const { html } = await get(email, request.params.id)
    reply.header('content-security-policy', MAIL_POLICY).header('referrer-policy', 'no-referrer')
    return reply.type('text/html; charset=utf-8').send(html)
  })
}

async function get(email: Email, id: string): Promise<KeptMail> {
  const mail = await email.findMail(recordId(id))
  if (!mail) throw refused('not-found')
  return mail
}

/** Whoever may read the mailbox is told on a page, or in JSON if asked for that. Others are answered as at every unknown address. */
function asAsked(onPage: Dialect): Dialect {
  const isForPage = (request: FastifyRequest) => isOfThisMachine(request) && !wantsJson(request)
  return {
    refusal: (request, reply, refusal) => (isForPage(request) ? onPage.refusal : sendProblem)(request, reply, refusal),
    unknown: (request, reply) => (isForPage(request) ? onPage.unknown : sendUnknownProblem)(request, reply),
  }
}

const wantsJson = ({ headers }: FastifyRequest) => headers.accept?.startsWith('application/json') === true

function toRow({ to, subject, createdAt }: KeptMail) {
  const time = `${new Date(createdAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return { time: { isolated: time }, to: { isolated: to }, subject: { isolated: subject } }
}

function toBody({ id, message, to, language, subject, text, html, createdAt }: KeptMail) {
  return { id, message, to, language, subject, text, html, created_at: new Date(createdAt).toISOString() }
}

function splitAtLink(text: string): [before: string, link: string, after: string] {
  const [link = ''] = /^https?:\/\/\S+$/m.exec(text) ?? []
  if (link === '') return [text, '', '']
  const at = text.indexOf(link)
  return [text.slice(0, at), link, text.slice(at + link.length)]
}
