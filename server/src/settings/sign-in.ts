/** Who may register, and how people sign in. */
import type { MailMode } from './mail.ts'
import { oneOf, publicUrl, type Setting } from './setting.ts'

export const signInSettings = {
  registration: {
    names: ['REGISTRATION'],
    read: oneOf('open', 'private', 'closed'),
    fallback: 'open',
    reason:
      '`open`: as in the old service, which tells whether an address is taken. `private`: nobody learns that, and a new user signs in once the address is proved by mail. `closed`: operators make users.',
  },
  passwordless: {
    names: ['PASSWORDLESS'],
    read: oneOf('on', 'off'),
    fallback: 'off',
    reason: 'Signing in with a code or a link that is sent by mail, beside the other ways: `/api/login/code`.',
  },
  signInLinkUrl: {
    names: ['SIGN_IN_LINK_URL'],
    read: publicUrl,
    reason:
      'Page of your application that finishes a sign-in by link: opened with `#token=…`, which it sends to `POST /api/login/code/finish`. Without it people type the code.',
  },
} as const satisfies Record<string, Setting<unknown>>

/** What is wrong with these together, by the name of the variable. */
export function signInFaults(given: { registration: string; passwordless: string; mailMode: MailMode }): string[] {
  const needing = [
    ...(given.registration === 'private' ? ['REGISTRATION=private'] : []),
    ...(given.passwordless === 'on' ? ['PASSWORDLESS=on'] : []),
  ]
  return given.mailMode === 'off' ? needing.map((name) => `SMTP_URL is required with ${name}`) : []
}
