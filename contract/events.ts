/**
 * Events: the closed list of facts that this service tells. Each is kept for review (audit) and told to other systems
 * (webhooks, RabbitMQ). Names are `noun.what-happened`; a name that was released keeps its meaning for ever.
 */
export const eventTypes = {
  'user.registered': 'A user began here.',
  'sign-up.refused':
    'Somebody registered the address of the user again, where registration is private. Nothing changed; the user was told.',
  'user.imported': 'A user was taken over from elsewhere.',
  'user.changed': 'Names or language of the user changed.',
  'user.disabled': 'A user may not sign in any more; all sessions ended.',
  'user.enabled': 'A disabled user may sign in again.',
  'user.signed-out':
    'An operator signed the user out everywhere; the data says how many sessions that ended. Tokens of the old service, and sign-ins that were half done, ended too.',
  'user.erased':
    'A user was removed with all credentials and sessions; because the user asked for it, when the reason is `asked-by-user`; because nobody had proved the address, and whoever had it before took it back, when it is `address-change-undone`.',
  'user.exported': 'The user took a copy of all that is kept about them.',
  'deletion.requested':
    'The user asked for the account to be deleted; all sessions ended. The data says when it will be.',
  'deletion.undone': 'The account is not going to be deleted any more; the reason says how that was taken back.',
  'sign-in.succeeded': 'Somebody proved to be the user; a session began.',
  'sign-in.failed': 'Somebody tried to sign in as the user and was refused.',
  'limits.cleared': 'An operator ended the waits that failed attempts at an account had caused.',
  'session.stepped-up': 'The person proved again who they are, in a session; the data says how.',
  'session.ended':
    'A session ended before it expired; the reason says why. What ends with a compromised key is told by `key.compromised` alone.',
  'session.reuse-detected': 'A refresh token was shown that had been rotated away; its session ended.',
  'password.changed': 'The user has another password.',
  'password.removed': 'The user has no password any more.',
  'factor.added': 'The user has another factor: a passkey, or an app for codes.',
  'factor.removed': 'A passkey or an app for codes is no factor of the user any more.',
  'factors.reset':
    'An operator took factors from the user, who had lost them or whose factors somebody else had; all sessions ended. The data says which, and whether a code to set a password was mailed.',
  'factor.disabled': 'An app for codes was disabled after too many failures in a row.',
  'recovery-codes.made': 'The user has new recovery codes; the ones before are void.',
  'recovery-code.used': 'A recovery code was used; the data says how many are left.',
  'passkey.clone-suspected': 'The signature counter of a passkey did not go up: somebody else may have its key.',
  'role.granted': 'A user was given a role.',
  'role.revoked': 'A role was taken from a user.',
  'role.defined': 'A role was made, or holds other permissions than before.',
  'role.removed': 'A role was removed, and with it taken from everybody who had it.',
  'email.changed':
    'The user has another address, or it is spelled otherwise; or the one of before again, when the reason is `undone`.',
  'email.verified': 'The user proved to read what is sent to the address; the first time for this address.',
  'mail.failed': 'A mail could not be sent and is not tried any more; the reason says why.',
  'key.rotated': 'A signing key was made, began or ceased to sign, or retired; the data says which.',
  'key.compromised':
    'A signing key was retired at once, and every session that was used since it began to sign ended; the data says how many.',
  'webhook.created': 'An operator named an address that events are sent to.',
  'webhook.changed':
    'An operator changed, enabled or disabled a webhook, or gave it another secret; the data says what.',
  'webhook.removed': 'An operator removed a webhook.',
  'webhook.redelivered': 'An operator had an event sent to a webhook again; the data says which.',
  'webhook.disabled': 'A webhook was disabled by itself: its receiver is gone, or took nothing for days.',
} as const

export type EventType = keyof typeof eventTypes

/** Why it happened: the closed list of words, where the type alone does not say it. One that was released keeps its meaning too. */
export const eventReasons = {
  logout: 'The client signed out.',
  'ended-by-user': 'The user ended this session.',
  'others-ended-by-user': 'The user ended all other sessions.',
  'ended-by-operator': 'An operator ended this session.',
  'all-ended-by-operator': 'An operator ended all sessions of the user.',
  'refresh-token-reused': 'A refresh token was shown that had been rotated away.',
  'password-changed': 'The password was changed in another session.',
  'password-recovered': 'The password was set by a code or a link of a mail.',
  'address-proved': 'The address was proved for the first time, elsewhere.',
  'address-change-undone': 'The change of the address was taken back.',
  'factor-removed': 'A factor was removed in another session.',
  'factors-reset': 'An operator took factors from the user.',
  'deletion-requested': 'The user asked for the account to be deleted.',
  'user-disabled': 'The user was disabled.',
  'user-erased': 'The user was erased.',
  'key-compromised': 'The key that had signed its tokens was retired at once.',
  'imported-as-ended': 'It had ended where it was taken over from.',
  password: 'The password was wrong.',
  passkey: 'The passkey was not accepted.',
  'mail-code': 'The code or the link of a mail was not good.',
  'second-factor:totp': 'The code of an app was wrong, after the first factor.',
  'second-factor:recovery_code': 'The recovery code was wrong, after the first factor.',
  'second-factor:passkey': 'The passkey was not accepted, after the first factor.',
  'step-up:password': 'The password was wrong, in a session that asked for a fresh proof.',
  'step-up:totp': 'So was the code of an app.',
  'step-up:recovery_code': 'So was the recovery code.',
  'step-up:passkey': 'So was the passkey.',
  'too-many-failures': 'Too many wrong codes in a row.',
  'registered-again': 'Somebody registered the address again before anybody had proved it.',
  recovered: 'By a code or a link of a mail, without the old one.',
  undone: 'The change before was taken back.',
  'asked-by-user': 'The user had asked for it.',
  'signed-in': 'By signing in, as the user chose there.',
  'by-mail': 'By a code or a link of a mail.',
  'by-operator': 'By an operator.',
  gone: 'The receiver of the webhook answered 410 (Gone).',
  failing: 'The receiver of the webhook took nothing for days.',
  'too-late': 'What it said was not worth sending any more.',
  unusable: 'It could not be read any more.',
} as const

/** Beside the words, what a mail server refused a mail with. */
export type EventReason = keyof typeof eventReasons | `smtp-${number}`

/** Who did it. An operator is a user who acts on another one; the system is this service by itself. */
export type Actor = { kind: 'user' | 'operator'; id: number } | { kind: 'system' } | { kind: 'anonymous' }

/** What each event says, beside the attributes of its envelope. */
export type EventData = {
  actor: { kind: Actor['kind']; id?: string }
  session_id?: string
  client_id?: string
  result: 'success' | 'failure'
  reason?: EventReason
  /** What else happened; which members there are depends on the type. */
  details: Readonly<Record<string, string | number | boolean | null>>
  /** Only where the operator chose to tell personal fields (`EVENTS_PERSONAL=on`), and the person has not been erased. */
  address?: string
  user_agent?: string
  personal?: Readonly<Record<string, string>>
}

/**
 * What consumers are sent: a CloudEvent 1.0 as JSON in structured mode. At least once, in order per `subject`; one that comes
 * again has the same `id`.
 */
export type CloudEvent = {
  specversion: '1.0'
  id: string
  /** The issuer: `PUBLIC_URL`. */
  source: string
  type: EventType
  /** RFC 3339. */
  time: string
  /** The user whom it is about, as `sub` of tokens; absent when it is about nobody who is known here. */
  subject?: string
  datacontenttype: 'application/json'
  /** Its place among all events: 16 digits, without gaps. (CloudEvents extension "Sequence".) */
  sequence: string
  /** As `subject`: what has one key stays in order. (CloudEvents extension "Partitioning".) */
  partitionkey?: string
  data: EventData
}

export const CLOUD_EVENT_TYPE = 'application/cloudevents+json'

/** The durable topic exchange of RabbitMQ; the routing key of a message is the type of its event. */
export const EVENTS_EXCHANGE = 'samurai.auth'
