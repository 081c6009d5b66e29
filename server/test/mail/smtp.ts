/** A real mail server on the loopback address, whose answers a test decides, and who keeps what it was told. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type Received = {
  from: string
  /** Each address of `RCPT TO`. */
  to: string[]
  /** As it came over the wire. */
  source: string
  isSecure: boolean
  user: string | undefined
}

export type SmtpStand = {
  port: number
  received: Received[]
  /** How many times somebody said `RCPT TO`. */
  recipients: string[]
}

/** What is answered to a recipient, or to a whole mail: an SMTP code, or nothing at all for ever. */
export type Behaviour = { onRecipient?: () => number | 'hang' | undefined; onData?: () => number | 'hang' | undefined }

export async function startSmtp(
  t: TestContext,
  behaviour: Behaviour = {},
  options: SMTPServerOptions = {},
): Promise<SmtpStand> {
  const received: Received[] = []
  const recipients: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key ? [] : ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100, // clients that it has left hanging
    onRcptTo(address, _session, callback) {
      recipients.push(address.address)
      answer(behaviour.onRecipient?.(), callback)
    },
    async onData(stream, session, callback) {
      const source = await readText(stream)
      const code = behaviour.onData?.()
      if (code === undefined) {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom ? mailFrom.address : ''
        const to = rcptTo.map(({ address }) => address)
        received.push({ from, to, source, isSecure: session.secure, user: session.user })
      }
      answer(code, callback)
    },
    onAuth({ username, password }, _session, callback) {
      if (password === 'right') return callback(null, { user: username ?? '' })
      callback(new Error('wrong password'))
    },
    ...options,
  })
  server.on('error', () => {}) // clients that give up
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.server.address()
  if (typeof address !== 'object' || !address) throw new Error('the mail server has no port')
  return { port: address.port, received, recipients }
}

function answer(code: number | 'hang' | undefined, callback: (error?: Error) => void): void {
  if (code === 'hang') return
  callback(
    code === undefined ? undefined : Object.assign(new Error('because the test says so'), { responseCode: code }),
  )
}

/** A certificate of its own for 127.0.0.1. */
export function makeCertificate(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-smtp-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  try {
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The part of a mail with this content type, decoded. */
export function partOf(source: string, type: 'text/plain' | 'text/html'): string {
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(source) ?? []
  const part = source.split(`--${boundary}`).find((piece) => piece.includes(`Content-Type: ${type}`)) ?? ''
  const at = part.indexOf('\r\n\r\n')
  const [head, body] = [part.slice(0, at), part.slice(at + 4)]
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString()
  if (!/quoted-printable/i.test(head)) return body
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
