/**
 * Pages for people: plain HTML without scripts, in the languages of the mails. Templates and words are in the folder `templates`,
 * one template a page. The pages do nothing by being opened.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Documents, type Facts, loadTemplates } from '../../platform/templates/templates.ts'
import { languageNamed } from './form-body.ts'

const HEAD = ['headTitle'] // what the tab says, and what is read out first
const button = { facts: [...HEAD, 'action', 'token'], required: ['action', 'token'] }
const passwordForm = {
  facts: [...button.facts, 'autocomplete', 'isRequired', 'hasReasons', 'reasons'],
  items: ['reason'],
  required: button.required,
}

const documents = {
  'verify-address': passwordForm,
  'change-address': passwordForm,
  'sign-in': { facts: [...HEAD, 'hasApplication', 'href'] },
  'undo-address-change': button,
  'undo-deletion': button,
  'recover-password': passwordForm,
  message: { facts: [...HEAD, 'title', 'text'] },
  'dev-mailbox': { facts: [...HEAD, 'mails', 'hasMails'], items: ['time', 'to', 'subject', 'href'] },
  'dev-mail': { facts: [...HEAD, 'subject', 'to', 'time', 'html', 'before', 'hasLink', 'link', 'after'] },
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
  | 'taken'
  | 'too-often'
  | 'too-large'
  | 'unreadable'
  | 'no-mail'
  | 'unavailable'
  | 'failed'

type Page = {
  page: PageName
  language: string
  status: number
  facts: Facts
  /** Default: the word `title` of the page. */
  title?: string
}
type Message = {
  message: MessageName
  language: string
  status: number
  /** For its text, such as `wait`. */
  facts?: Facts
}

export type Pages = {
  /** A word of a page, or of why a password is refused, with the facts that it names. */
  word(language: string, group: PageName | 'password-reasons', name: string, facts?: Facts): string
  /** The language of whoever asks: the one that the link or the form names, or the best one for the browser. */
  languageOf(request: FastifyRequest): string
  send(reply: FastifyReply, page: Page): FastifyReply
  sendMessage(reply: FastifyReply, message: Message): FastifyReply
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
  const send: Pages['send'] = (reply, { page, language, status, facts, title }) => {
    const headTitle = `${title ?? templates.word(language, page, 'title')} – ${config.serviceName}`
    const all = { ...templates.always(language), service: { isolated: config.serviceName }, headTitle, ...facts }
    const body = templates.render(page, 'html', language, all)
    return setHeaders(reply, body).code(status).type('text/html; charset=utf-8').send(body)
  }
  return {
    languageOf: (request) => templates.languageFor(languageNamed(request) || request.headers['accept-language']),
    word: (language, group, name, facts = {}) => templates.say(group, name, language, facts),
    send,
    sendMessage(reply, { message, language, status, facts = {} }) {
      const say = (part: string) => templates.say('outcomes', `${message}-${part}`, language, facts)
      const title = say('title')
      return send(reply, { page: 'message', language, status, title, facts: { title, text: say('text') } })
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
