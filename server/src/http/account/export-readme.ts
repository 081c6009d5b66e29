import type { AccountExport } from '../../features/account/account.ts'
import { timeText } from '../time-text.ts'

/** The README.txt of a copy: what each file is, and what is kept and not in it, and why (GDPR article 15(1)). */
export function readmeOf({ user, takenAt }: Pick<AccountExport, 'user' | 'takenAt'>, service: string): string {
  return `${service}: the data of account ${user.id}, taken ${timeText(takenAt)}

This is a copy of the personal data that this service keeps about you (GDPR article
15(3)), in a form that programs can read, so that you can take it elsewhere (article
20(1)). Times are UTC (RFC 3339). Texts are UTF-8. Anybody who has this file can read it.

WHAT IS IN IT

profile.json      Who you are here: number, names, language, since when, your last
                  sign-in, whether the account is active or going to be deleted.
addresses.json    Your e-mail address, and when you proved that it is yours.
credentials.json  What you sign in with: whether there is a password and when it was
                  changed, your passkeys, your app for codes, how many recovery codes
                  are left.
roles.json        Your roles, and what you may do by them.
sessions.json     Where you are and were signed in: when, from which network address,
                  with which browser, how you proved who you are, how it ended. Kept
                  until a week after a session would have expired.
events.json       What happened to your account, the latest first: sign-ins, those that
                  were refused too, changes of the password, the address and factors,
                  what operators did. "by" says who did it; of an operator neither who
                  it was nor from where, which is about them.

WHAT IS KEPT AND NOT IN IT, AND WHY

Your password. Nobody has it: what is kept is a hash, which only says whether a
password is the right one. In a copy it would help whoever guesses.

The secret of your app for codes, the public keys of passkeys, recovery codes, codes of
mails, and what refresh tokens are recognised by: sealed, or as hashes. They prove that
you are you; in a copy they would prove it of whoever found the copy, or say nothing.

How often somebody has tried to sign in of late: counts under keyed hashes that name
nobody, for 30 days at most; where you signed in from, as such hashes, up to 400 days.

Mails that wait to be sent to you: for a day at most.

If you are an operator: what you did to others. It is about them.

What other services that you use with this account keep about you: ask those who run
them. Why your data is kept, for how long, and who else is told of it: ask those who run
${service}.
`
}
