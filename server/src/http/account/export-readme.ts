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
codes.json        What you were mailed of late to prove something with: to which address,
                  also one that you had before, what for, when, and until when it is good.
                  Kept until a day after that.
credentials.json  What you sign in with: whether there is a password and when it was
                  changed, your passkeys, the name by which they know you (a random one),
                  your app for codes, how many recovery codes are left.
roles.json        Your roles, since when you have them, and what you may do by them.
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

The secret of your app for codes, also of one that you have begun to set up, the public
keys of passkeys, recovery codes and the key that they are hashed with, codes of mails and
what they are bound to, and what refresh tokens are recognised by: sealed, or as hashes.
They prove that you are you; in a copy they would prove it of whoever found the copy, or
say nothing.

An address that you asked to have and have not proved yet, until a day after its code has
run out. It is kept with your account only where nobody else has the address: to say it
would say that of them.

A sign-in that waits for its second factor or for a passkey, and one that just did: when
it began and how far it got. It is good for ten minutes, and goes within two hours.

How often somebody has tried to sign in of late: counts under keyed hashes that name
nobody, for 30 days at most; where you signed in from, as such hashes, up to 400 days.

Mails that wait to be sent to you: for a day at most.

Which events of yours were sent to which of the services that are told of them, by the
number of your account, for 30 days. Of you it says nothing that is not in events.json.

That sessions of yours ended, and when their tokens run out, for services that refuse
these. It says nothing that is not in sessions.json.

The key under which what is personal in events.json is kept sealed: it goes with the
account. And hashes over all events, by which it is seen if one was changed.

If you are an operator: what you did to others, and to this service. It is not about you.

What other services that you use with this account keep about you: ask those who run
them. Why your data is kept, for how long, and who else is told of it: ask those who run
${service}.
`
}
