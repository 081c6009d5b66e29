/** `samurai-auth keys …`: the signing keys, from the shell of an operator. Running services follow within a second. */
import type { Audit } from '../features/audit/audit.ts'
import type { Email } from '../features/email/email.ts'
import type { Events } from '../features/events/events.ts'
import type { Keys, Urgency } from '../features/keys/keys.ts'
import type { Lifecycle } from '../features/lifecycle/lifecycle.ts'
import type { Sessions } from '../features/sessions/sessions.ts'
import type { Totp } from '../features/totp/totp.ts'
import type { Webhooks } from '../features/webhooks/webhooks.ts'
import { exitCodes, readOneWord, readOptions, UsageError } from './command.ts'

export function listKeys(args: readonly string[], keys: Keys): number {
  readOptions(args, {})
  for (const { id, algorithm, state, createdAt, activatedAt, retireAt } of keys.list()) {
    const times = [`made ${timeText(createdAt)}`]
    if (activatedAt !== null) times.push(`signs since ${timeText(activatedAt)}`)
    if (retireAt !== null) times.push(`verifies until ${timeText(retireAt)}`)
    console.log(`${id}  ${algorithm.padEnd(9)}  ${state.padEnd(8)}  ${times.join(', ')}`)
  }
  return exitCodes.done
}

export async function rotateKeys(args: readonly string[], keys: Keys): Promise<number> {
  const { now } = readOptions(args, { now: { type: 'boolean' } }).values
  const urgency: Urgency = now ? 'now' : 'soon'
  const steps = await keys.rotate(urgency)
  if (steps.some(({ kind }) => kind === 'promote')) console.log('The next keys sign now.')
  else console.log('The next keys are published. Run this again when verifiers have had time to fetch them.')
  return listKeys([], keys)
}

export async function retireKey(args: readonly string[], lifecycle: Lifecycle): Promise<number> {
  const { word: id, values } = readOneWord(args, { compromised: { type: 'boolean' } }, 'key id')
  if (!values.compromised) {
    throw new UsageError(
      'This ends every session that was used since the key began to sign. Add --compromised to do it.',
    )
  }
  const ended = await lifecycle.retireKey(id)
  console.log(`Key ${id} is retired. ${ended} sessions ended; their users sign in again.`)
  return exitCodes.done
}

/** Everything that is kept sealed. */
export type Sealing = {
  keys: Keys
  totp: Totp
  events: Events
  audit: Audit
  webhooks: Webhooks
  email: Email
  sessions: Sessions
}

export async function rotateSecret(args: readonly string[], sealing: Sealing): Promise<number> {
  readOptions(args, {})
  const { keys, totp, events, audit, webhooks, email, sessions } = sealing
  const ofKeys = await keys.sealAgain()
  const ofFactors = await totp.sealAgain()
  const ofPersons = await events.sealAgain()
  await audit.sealAgain()
  await webhooks.sealAgain()
  await sessions.sealAgain()
  const ofMails = await email.sealAgain()
  console.log(`${ofKeys} keys were sealed anew under SECRET_KEY, and ${ofFactors} secrets of second factors.`)
  console.log(
    `So were the keys of ${ofPersons} persons, which their events are sealed under, and the secrets of webhooks.`,
  )
  console.log(`So were ${ofMails} mails that wait to be sent, and the refresh tokens that a repeat may ask for.`)
  console.log('SECRET_KEY_OTHER may go from the settings now.')
  return exitCodes.done
}

function timeText(time: number): string {
  return new Date(time).toISOString()
}
