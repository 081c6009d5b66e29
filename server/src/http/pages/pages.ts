/**
 * Pages for people: plain HTML without scripts, in the languages of the mails. Templates and words are in the folder `templates`,
 * one template a page. The pages do nothing by being opened.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Documents, type Facts, loadTemplates } from '../../platform/templates/templates.ts'

const form = ['action', 'token']

const documents = {
  'verify-address': { facts: [...form, 'hasReasons', 'reasons'], items: ['reason'], required: form },
  'change-address': { facts: [...form, 'hasReasons', 'reasons'], items: ['reason'], required: form },
  'sign-in': { facts: ['hasApplication', 'href'] },
  'undo-address-change': { facts: form, required: form },
  'undo-deletion': { facts: form, required: form },
  'recover-password': { facts: [...form, 'hasReasons', 'reasons'], items: ['reason'], required: form },
  message: { facts: ['title', 'text'] },
  'dev-mailbox': { facts: ['mails', 'hasMails'], items: ['time', 'to', 'subject', 'href'] },
  'dev-mail': { facts: ['subject', 'to', 'time', 'html', 'before', 'hasLink', 'link', 'after'] },
} as const satisfies Documents

export type PageName = keyof typeof documents

/** What a page says when something is done, or cannot be done: keys of the words' group `outcomes`. */
export type MessageName =
  | 'verified'
  | 'address-changed'
  | 'undone'
  | 'account-kept'
  | 'password-set'
  | 'wrong'
  | 'expired'
  | 'used'
  | 'too-many-tries'
  | 'elsewhere'
  | 'unavailable'
  | 'failed'

export type Pages = {
  /** A word of a page. */
  word(language: string, page: PageName, name: string): string
  /** The language of whoever asks: the one that the link names, or the best one for the browser. */
  languageOf(request: FastifyRequest, named?: string | null): string
  send(reply: FastifyReply, page: { page: PageName; language: string; status: number; facts: Facts }): FastifyReply
  sendMessage(reply: FastifyReply, message: { message: MessageName; language: string; status: number }): FastifyReply
}

const FOLDER = fileURLToPath(new URL('templates', import.meta.url))

export function createPages(config: { serviceName: string; defaultLanguage: string }): Pages {
  const templates = loadTemplates({
    folder: FOLDER,
    kinds: ['html'],
    documents,
    defaultLanguage: config.defaultLanguage,
    fallbackLanguage: 'en', // an operator may have brought the words of mails only
  })
  const send: Pages['send'] = (reply, { page, language, status, facts }) => {
    const all = { ...templates.always(language), service: { isolated: config.serviceName }, ...facts }
    const body = templates.render(page, 'html', language, all)
    return setHeaders(reply, body).code(status).type('text/html; charset=utf-8').send(body)
  }
  return {
    languageOf: (request, named) => templates.languageFor(named || request.headers['accept-language']),
    word: (language, page, name) => templates.word(language, page, name) ?? name,
    send,
    sendMessage(reply, { message, language, status }) {
      const word = (part: string) => templates.word(language, 'outcomes', `${message}-${part}`) ?? ''
      return send(reply, { page: 'message', language, status, facts: { title: word('title'), text: word('text') } })
    },
  }
}

/** Nothing is loaded, run or framed, and no address with a token in it is told to anybody. */
function setHeaders(reply: FastifyReply, body: string): FastifyReply {
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(body) ?? []
  const digest = createHash('sha256').update(style).digest('base64')
  const policy = [
    `default-src 'none'; style-src 'sha256-${digest}'`,
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  ]
  return reply
    .header('content-security-policy', policy.join('; '))
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('x-frame-options', 'DENY') // for browsers that know no frame-ancestors
}
