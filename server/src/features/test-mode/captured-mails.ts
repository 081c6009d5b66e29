import type { Email, KeptMail } from '../email/email.ts'
import { emailKey } from '../users/users.ts'

/** Which mails; nothing: all of them. */
export type MailQuery = {
  /** Recipient. */
  to?: string | undefined
  /** Which mail it is, such as `recover-password`. */
  message?: string | undefined
}

/** A mail with what its reader would type or follow; null: it has none. */
export type CapturedMail = KeptMail & { code: string | null; link: string | null; token: string | null }

export function createCapturedMails(email: Email) {
  const waiting = new Set<() => void>()
  email.onWritten(() => {
    for (const wake of waiting) wake()
  })

  const list = async ({ to, message }: MailQuery): Promise<KeptMail[]> => {
    const key = to === undefined ? undefined : emailKey(to)
    const all = await email.mailbox()
    return all.filter(
      (mail) => (key === undefined || emailKey(mail.to) === key) && (message === undefined || mail.message === message),
    )
  }

  return {
    async mails(query: MailQuery, signal?: AbortSignal): Promise<CapturedMail[]> {
      for (;;) {
        const { promise: written, resolve } = Promise.withResolvers<void>()
        waiting.add(resolve) // before looking: what comes in between is not missed
        signal?.addEventListener('abort', () => resolve(), { once: true })
        try {
          const found = await list(query)
          if (found.length > 0 || !signal || signal.aborted) return found.map(read)
          await written
        } finally {
          waiting.delete(resolve)
        }
      }
    },
    async removeMails(query: MailQuery): Promise<number> {
      const found = await list(query)
      for (const { id } of found) await email.discard(id)
      return found.length
    },
  }
}

function read(mail: KeptMail): CapturedMail {
  const link = /^https?:\S+$/m.exec(mail.text)?.[0] ?? null
  const code = /^\d{6}$/m.exec(mail.text)?.[0] ?? null
  return { ...mail, code, link, token: link && new URL(link).searchParams.get('token') }
}
