/** Mail by SMTP: one message to one recipient. Knows nothing of what is in it. The library is loaded with the first mail. */
import { setTimeout as wait } from 'node:timers/promises'
import { domainToASCII } from 'node:url'
import type { Mailbox, SmtpServer } from './smtp-url.ts'

export type Message = {
  /** Names the message for ever: one that is sent again after a crash has the same `Message-ID`. */
  id: string
  /** One address, without a name. */
  to: string
  subject: string
  text: string
  html: string
  /** Of the text (BCP 47). */
  language: string
}

/**
 * `refused`: this message will never be taken (5yz for sender, recipient or content; RFC 5321 §4.2.1). `failed`: it may be taken
 * later. `reason` is a short word such as `smtp-550` or `etimedout`; `answer` is what the server said.
 */
export type SendOutcome =
  | { kind: 'sent' }
  | { kind: 'refused'; reason: `smtp-${number}`; answer: string }
  | { kind: 'failed'; reason: string; answer: string }

export type Mailer = {
  /** Never throws for what the server does. @throws TypeError when recipient or subject are no single plain text */
  send(message: Message): Promise<SendOutcome>
}

/** How long a whole message may take, whatever the server does. */
export const SEND_SECONDS = 60
const CONNECT_MS = 10_000
const SILENCE_MS = 20_000

/** @param timeouts shorter ones, for tests */
export function createMailer(
  server: SmtpServer,
  from: Mailbox,
  timeouts = { connectMs: CONNECT_MS, silenceMs: SILENCE_MS, totalMs: SEND_SECONDS * 1000 },
): Mailer {
  let loaded: ReturnType<typeof loadLibrary> | undefined
  return {
    async send(message) {
      loaded ??= loadLibrary(server, timeouts)
      const { compose, deliver } = await loaded
      const options = optionsOf(message, from)
      refuseOtherEnvelope(compose(options), options.envelope)
      const giveUp = new AbortController()
      const late = wait(timeouts.totalMs, undefined, { signal: giveUp.signal, ref: false }).then(
        (): SendOutcome => ({ kind: 'failed', reason: 'took-too-long', answer: '' }),
      )
      const told = deliver(options).then((): SendOutcome => ({ kind: 'sent' }), outcomeOf)
      return Promise.race([told, late]).finally(() => giveUp.abort())
    },
  }
}

async function loadLibrary(server: SmtpServer, timeouts: { connectMs: number; silenceMs: number }) {
  const [{ createTransport }, { default: MailComposer }] = await Promise.all([
    import('nodemailer'),
    import('nodemailer/lib/mail-composer'),
  ])
  const { host, port, security, user, password } = server
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2' },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.connectMs,
    dnsTimeout: timeouts.connectMs,
    socketTimeout: timeouts.silenceMs,
  })
  return {
    compose: (options: Options): Envelope => new MailComposer(options).compile().getEnvelope(),
    deliver: (options: Options) => transport.sendMail(options),
  }
}

type Envelope = { from: string | false; to: string[] }
type Options = ReturnType<typeof optionsOf>

function optionsOf({ id, to, subject, text, html, language }: Message, from: Mailbox) {
  for (const part of [id, to, subject, language]) if (/\p{Cc}/u.test(part)) throw new TypeError('a header is one line')
  const sender = { name: from.name, address: asciiAddress(from.address) }
  const recipient = asciiAddress(to)
  return {
    // Objects, never texts that the library would parse: of `"e@evil.com"@example.com` it once made evil.com's mailbox
    // (GHSA-mm7p-fcc7-pg87).
    from: sender,
    to: { name: '', address: recipient },
    envelope: { from: sender.address, to: [recipient] },
    subject,
    text,
    html,
    messageId: `<${id}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`,
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834 §5: no holiday notices back
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': language,
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

// A dot-atom and a domain (RFC 5321 §4.1.2), no quotes: what is quoted has been read wrongly before.
const ADDRESS = /^[^\s\p{Cc}"(),:;<>@[\]\\]+@(?:[^\s\p{Cc}"(),:;<>@[\]\\]+|\[[0-9A-Fa-f:.]+\])$/u

/** RFC 5891: the domain as DNS and every mail server know it, in lower case. The local part is the receiver's (RFC 5321 §2.4). */
function asciiAddress(address: string): string {
  if (!ADDRESS.test(address)) throw new TypeError('the address of a mail is one plain address')
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  return `${address.slice(0, at)}@${domain.startsWith('[') ? domain : domainToASCII(domain)}`
}

/** What the library makes of the headers must be what was meant: one sender, one recipient. */
function refuseOtherEnvelope(made: Envelope, { from, to }: { from: string; to: readonly string[] }): void {
  if (made.from === from && made.to.length === 1 && made.to[0] === to[0]) return
  throw new TypeError('the envelope of a mail is not its one address')
}

function outcomeOf(error: unknown): SendOutcome {
  const { code = 'unknown', responseCode, response, message = '' } = error as Partial<Failure>
  const isOfMessage = ['EENVELOPE', 'EMESSAGE'].includes(code) // and not, say, our password being wrong
  const answer = (response ?? message).slice(0, 300)
  if (responseCode === undefined) return { kind: 'failed', reason: code.toLowerCase(), answer }
  const reason = `smtp-${responseCode}` as const
  return isOfMessage && responseCode >= 500 ? { kind: 'refused', reason, answer } : { kind: 'failed', reason, answer }
}

type Failure = { code: string; responseCode: number; response: string; message: string }
