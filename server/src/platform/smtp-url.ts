/** The address of a mail server and the sender of mails, as an operator writes them. */
import { isLoopbackHost } from './public-address.ts'

export type SmtpServer = {
  host: string
  port: number
  user?: string
  password?: string
  /** `tls`: from the first byte. `starttls`: before anything is said, or nothing is sent. */
  security: 'tls' | 'starttls' | 'none'
}

export type Mailbox = { name: string; address: string }

const SHAPE = 'must be smtp://user:password@host:port or smtps://…, with ?tls=off to send without TLS'

/** @throws TypeError with what it should be */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url && ['smtp:', 'smtps:'].includes(url.protocol) && url.hostname && /^\/?$/.test(url.pathname)
  if (!isPlain || url.hash) throw new TypeError(SHAPE)
  const { tls, ...others } = Object.fromEntries(url.searchParams)
  if (Object.keys(others).length > 0 || ![undefined, 'on', 'off'].includes(tls)) throw new TypeError(SHAPE)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const security = securityOf(url.protocol, tls, host)
  return {
    host,
    port: url.port ? Number(url.port) : portOf(security),
    security,
    ...(url.username && { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
  }
}

// On the way to the next process nobody listens, and the certificates of mail servers on localhost are signed by nobody.
function securityOf(protocol: string, tls: string | undefined, host: string): SmtpServer['security'] {
  if (protocol === 'smtps:') return 'tls'
  if (tls) return tls === 'on' ? 'starttls' : 'none'
  return isLoopbackHost(host) ? 'none' : 'starttls'
}

function portOf(security: SmtpServer['security']): number {
  return { tls: 465, starttls: 587, none: 25 }[security] // RFC 8314 §7.3, RFC 6409 §3.1, RFC 5321 §4.5.4.2
}

// Neither name nor address may hold what a header gives a meaning: quotes, brackets, lists, line breaks.
const MAILBOX =
  /^(?:([^\p{Cc}<>"@,;:\\()[\]]*?) *<([^\s<>"@,;:\\()[\]]+@[^\s<>"@,;:\\()[\]]+)>|([^\s<>"@,;:\\()[\]]+@[^\s<>"@,;:\\()[\]]+))$/u

/** `Name <address>` or an address alone. @throws TypeError with what it should be */
export function parseMailbox(text: string): Mailbox {
  const [, name = '', named, alone] = MAILBOX.exec(text.trim()) ?? []
  const address = named ?? alone
  if (!address) throw new TypeError('must be an address such as Example <no-reply@example.com>')
  return { name: name.trim(), address }
}
