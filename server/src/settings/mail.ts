/** Mail, and what follows from its settings. */
import { isLoopbackHost } from '../platform/public-address.ts'
import { parseMailbox, parseSmtpUrl, type SmtpServer } from '../platform/smtp-url.ts'
import { type Setting, text } from './setting.ts'

export const mailSettings = {
  smtpUrl: {
    names: ['SMTP_URL'],
    read: parseSmtpUrl,
    secret: true,
    reason:
      'Mail server: `smtp://user:password@host:port` (STARTTLS, which must work) or `smtps://…`; `?tls=off` sends in the clear, as to a loopback address. Without it mails stay in the development mailbox, or are off where PUBLIC_URL is not local.',
  },
  mailFrom: {
    names: ['MAIL_FROM'],
    read: parseMailbox,
    reason: 'Sender of mails: `Example <no-reply@example.com>`. Required with SMTP_URL.',
  },
  mailTemplatesDir: {
    names: ['MAIL_TEMPLATES_DIR'],
    read: text(),
    reason: 'Folder with templates and words of your own for mails: `docs/how-to/send-mail.md`.',
  },
  serviceName: {
    names: ['SERVICE_NAME'],
    read: text(),
    fallback: 'SamurAI',
    reason: 'What mails, pages, authenticators and code apps call the service.',
  },
  defaultLanguage: {
    names: ['DEFAULT_LANGUAGE'],
    read: text(2),
    fallback: 'en',
    reason:
      'Language of mails and pages for whoever asked for none that there is: `en`, `ar`, or one of MAIL_TEMPLATES_DIR.',
  },
} as const satisfies Record<string, Setting<unknown>>

export const MAIL_FROM_MISSING = 'MAIL_FROM is required with SMTP_URL: `Example <no-reply@example.com>`'

export type MailMode = 'smtp' | 'development' | 'off'
export type MailGiven = { smtpUrl?: SmtpServer | undefined; publicUrl?: string | undefined; testMode?: '0' | '1' }

// Where others can reach the service, mails that anybody on the machine can read are no mailbox but a leak. In test mode mails
// are for the tests: whoever they are addressed to gets none.
export function mailModeOf({ smtpUrl, publicUrl: address, testMode }: MailGiven): MailMode {
  if (testMode === '1') return 'development'
  if (smtpUrl) return 'smtp'
  return !address || isLoopbackHost(new URL(address).hostname) ? 'development' : 'off'
}

export function mailWarnings(given: MailGiven): string[] {
  const { smtpUrl } = given
  const isBare = smtpUrl?.user !== undefined && smtpUrl.security === 'none'
  const bare = isBare ? ['SMTP_URL sends the password of the mail server without TLS'] : []
  const off = mailModeOf(given) === 'off' ? ['SMTP_URL is not set: there is no mail and what needs it is refused'] : []
  return [...off, ...bare]
}

export function mailNotes(given: MailGiven): string[] {
  if (mailModeOf(given) !== 'development') return []
  return ['mail: nothing is sent without SMTP_URL; this machine reads mails in the development mailbox']
}
