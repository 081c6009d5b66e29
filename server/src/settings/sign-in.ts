/** Who may register, and how people sign in. */
import type { MailMode } from './mail.ts'
import { integer, oneOf, publicUrl, type Setting } from './setting.ts'

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
      'Page of your application that finishes a sign-in by link: opened with `#token=…`, which it sends to `POST /api/login/code/finish`. Without it the mail has a code and no link.',
  },
  accountDeletionDays: {
    names: ['ACCOUNT_DELETION_DAYS'],
    read: integer(0, 30),
    fallback: '7',
    unit: 'days',
    reason:
      'How long an account stays after its owner asked for its deletion, and may take that back. As long as the link that undoes a change of the address, so that whoever was robbed of the account can still have it back; at most a month (GDPR article 12(3)). 0: it is deleted at once, and nothing brings it back.',
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
