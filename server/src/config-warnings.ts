/** What an operator should know at start. */
import { STRONG_SECRET_KEY_CHARACTERS } from './embedded-secret-key.ts'
import { type MailGiven, mailNotes, mailWarnings } from './settings/mail.ts'
import { testModeWarnings } from './settings/test-mode.ts'

type Chosen = MailGiven & {
  testMode: '0' | '1'
  testModeAnywhere: '0' | '1'
  testCode: string | undefined
  limits: string
  passwordPolicy: string
  passwordBlocklist: readonly string[] | undefined
  breachedPasswords: string | null
  secretKey: string | undefined
  jwtSecretKey: string | undefined
  webhooksPrivate: string
}

/** Unsafe or temporary choices. */
export function warningsOf(values: Chosen): string[] {
  const warnings = testModeWarnings(values)
  if (values.limits === 'off') warnings.push('LIMITS=off: passwords can be guessed without end; for measuring only')
  if (values.passwordPolicy === 'legacy') warnings.push('PASSWORD_POLICY=legacy accepts passwords of one character')
  if (values.passwordPolicy === 'legacy' && (values.passwordBlocklist || values.breachedPasswords))
    warnings.push('PASSWORD_POLICY=legacy asks neither PASSWORD_BLOCKLIST_FILE nor BREACHED_PASSWORDS')
  if (values.secretKey && values.secretKey.length < STRONG_SECRET_KEY_CHARACTERS)
    warnings.push('SECRET_KEY is short: 32 characters and more are safe')
  if (values.webhooksPrivate === 'on')
    warnings.push('WEBHOOKS_PRIVATE=on: whoever may define a webhook may send requests to private addresses')
  warnings.push(...mailWarnings(values))
  if (values.jwtSecretKey)
    warnings.push(
      'JWT_SECRET_KEY is set: tokens of the old service are accepted until they expire; unset it afterwards',
    )
  return warnings
}

/** What follows from the choices, and is easily overlooked. */
export function notesOf(values: Chosen): string[] {
  const notes = mailNotes(values)
  if (values.limits === 'on')
    notes.push(
      'limits: who connects from a private address stands for many people and is counted per account and in all only; ' +
        'a gateway that names its clients in X-Forwarded-For belongs into TRUST_PROXY',
    )
  return notes
}
