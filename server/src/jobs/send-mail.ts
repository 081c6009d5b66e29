import { setTimeout as wait } from 'node:timers/promises'
import type { Email } from '../features/email/email.ts'

const PATIENCE_MS = 1_000

/**
 * Sends what is due. A mail server that hangs does not keep the next mails waiting: after a second they get a round of their own,
 * as far as there are hands. What fails in this round later is met by the next one, which tells it. @returns how many
 */
export async function sendMail({ email }: { email: Email }): Promise<number> {
  return Promise.race([email.deliver(), wait(PATIENCE_MS, 0, { ref: false })])
}
