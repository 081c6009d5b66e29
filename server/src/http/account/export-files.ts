/** The files of a copy of an account: what each says, and what it is. */
import type { AccountExport, ExportedEvent } from '../../features/account/account.ts'
import type { KeptSession } from '../../features/sessions/sessions.ts'
import { timeText } from '../time-text.ts'
import { readmeOf } from './export-readme.ts'
import { passkeyBody } from './passkeys.ts'
import { totpBody } from './totp.ts'
import type { ZipEntry } from './zip.ts'

export function filesOf(taken: AccountExport, service: string): ZipEntry[] {
  return [
    { name: 'README.txt', content: readmeOf(taken, service) },
    { name: 'profile.json', content: textOf(profileOf(taken)) },
    { name: 'addresses.json', content: textOf(addressesOf(taken)) },
    { name: 'codes.json', content: textOf(taken.codes.map(codeOf)) },
    { name: 'credentials.json', content: textOf(credentialsOf(taken)) },
    { name: 'roles.json', content: textOf(rolesOf(taken)) },
    { name: 'sessions.json', content: listOf(taken.sessions, sessionOf) },
    { name: 'events.json', content: listOf(taken.events, eventOf) },
  ]
}

const textOf = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** A JSON array in pieces. */
async function* listOf<T>(items: AsyncIterable<T>, toBody: (item: T) => object): AsyncGenerator<string> {
  let before = '[\n'
  for await (const item of items) {
    yield before + JSON.stringify(toBody(item))
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

function profileOf({ user, deletion }: AccountExport) {
  return {
    id: user.id,
    first_name: user.firstName,
    last_name: user.lastName,
    locale: user.locale,
    is_active: user.isEnabled,
    created_at: timeText(user.createdAt),
    last_login_at: timeText(user.lastLoginAt),
    sessions_ended_at: timeText(user.sessionsEndedAt),
    deletion: deletion ? { at: timeText(deletion.dueAt), requested_at: timeText(deletion.requestedAt) } : null,
  }
}

function addressesOf({ user }: AccountExport) {
  return [{ email: user.email, verified_at: timeText(user.emailVerifiedAt) }]
}

function codeOf({ purpose, address, createdAt, expiresAt, usedAt }: AccountExport['codes'][number]) {
  const times = { sent_at: timeText(createdAt), expires_at: timeText(expiresAt), used_at: timeText(usedAt) }
  return { email: address, purpose, ...times }
}

function credentialsOf({ password, passkeys, userHandle, totp: { totp, recoveryCodesLeft } }: AccountExport) {
  return {
    password: { is_set: password.isSet, changed_at: timeText(password.changedAt) },
    passkeys: passkeys.map(passkeyBody),
    user_handle: userHandle ?? null,
    totp: totp ? totpBody(totp) : null,
    recovery_codes_left: recoveryCodesLeft,
  }
}

function rolesOf({ held, grants }: AccountExport) {
  return { ...held, granted: grants.map(({ role, grantedAt }) => ({ role, at: timeText(grantedAt) })) }
}

function sessionOf(session: KeptSession) {
  return {
    id: session.id,
    opened_at: timeText(session.openedAt),
    last_used_at: timeText(session.lastUsedAt),
    expires_at: timeText(session.expiresAt),
    ended_at: timeText(session.endedAt),
    end_reason: session.endReason,
    amr: session.amr,
    acr: session.acr,
    authenticated_at: timeText(session.authenticatedAt),
    address: session.address,
    user_agent: session.userAgent,
  }
}

function eventOf(event: ExportedEvent) {
  return {
    id: event.id,
    type: event.type,
    at: timeText(event.occurredAt),
    result: event.result,
    reason: event.reason,
    by: event.by,
    address: event.address,
    user_agent: event.userAgent,
    session_id: event.sessionId,
    details: event.data,
    personal: event.personal,
  }
}
