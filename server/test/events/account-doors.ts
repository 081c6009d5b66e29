/** Doors of the signed-in person. */
import {
  CODES,
  enrolApp,
  enrolPasskey,
  ORIGIN,
  PASSKEYS,
  post,
  prove,
  remove,
  startPasskey,
  TOTP,
} from '../account/factors.ts'
import { latest, NEW_PASSWORD } from '../account-by-mail/mail.ts'
import { createAuthenticator } from '../authenticator.ts'
import { codeAt } from '../code-app.ts'
import { claimsOf, PASSWORD, type Person, signIn } from '../scenario.ts'
import type { TestServer } from '../start-server.ts'
import { byAnn, type Door, joinAnn, newName } from './doors.ts'

/** Ann with another session. */
async function twice(s: TestServer): Promise<{ ann: Person; other: string }> {
  const ann = await joinAnn(s)
  return { ann, other: claimsOf((await signIn(s, ann.email)).access).sid }
}

async function withTotp(s: TestServer) {
  const ann = await enrolApp(s, await joinAnn(s))
  await s.clock.advance(60) // so that the app shows a code that was not used yet
  return ann
}

async function changingAddress(s: TestServer) {
  const ann = await joinAnn(s)
  const email = `${newName()}@new.example`
  await post(s, '/api/account/email', { email }, ann)
  return { ann, email, ...(await latest(s, email, 'change-address')) }
}

async function leaving(s: TestServer): Promise<Person> {
  const ann = await joinAnn(s)
  await remove(s, '/api/account', ann)
  return { ...ann, ...(await signIn(s, ann.email)) }
}

export const accountDoors: readonly Door[] = [
  [
    'DELETE /api/account',
    async (s) => byAnn(await joinAnn(s), 'DELETE', '/api/account'),
    [
      'session.ended by ann on ann in this session: deletion-requested',
      'deletion.requested by ann on ann in this session',
    ],
  ],
  [
    'PATCH /api/account',
    async (s) => byAnn(await joinAnn(s), 'PATCH', '/api/account', { first_name: 'Ann' }),
    ['user.changed by ann on ann in this session'],
  ],
  [
    'POST /api/account/deletion/undo',
    async (s) => byAnn(await leaving(s), 'POST', '/api/account/deletion/undo'),
    ['deletion.undone by ann on ann in this session: signed-in'],
  ],
  [
    'POST /api/account/email/confirm',
    async (s) => {
      const { ann, email, code } = await changingAddress(s)
      await signIn(s, ann.email)
      return byAnn(ann, 'POST', '/api/account/email/confirm', { email, code })
    },
    ['email.changed by ann on ann in this session', 'session.ended by ann on ann in another session: address-proved'],
  ],
  [
    'POST /api/account/export',
    async (s) => byAnn(await joinAnn(s), 'POST', '/api/account/export'),
    ['user.exported by ann on ann in this session'],
  ],
  [
    'POST /api/account/passkeys',
    async (s) => {
      const ann = await joinAnn(s)
      const response = createAuthenticator(ORIGIN).create(await startPasskey(s, ann))
      return byAnn(ann, 'POST', PASSKEYS, { response })
    },
    ['factor.added by ann on ann in this session'],
    ['webauthn_challenge'],
  ],
  [
    'DELETE /api/account/passkeys/:id',
    async (s) => {
      const ann = await enrolPasskey(s, await joinAnn(s))
      return byAnn(ann, 'DELETE', `${PASSKEYS}/${ann.passkey.id}`)
    },
    ['factor.removed by ann on ann in this session'],
  ],
  [
    'POST /api/account/password',
    async (s) => {
      const { ann } = await twice(s)
      return byAnn(ann, 'POST', '/api/account/password', { old_password: PASSWORD, password: NEW_PASSWORD })
    },
    [
      'session.ended by ann on ann in another session: password-changed',
      'password.changed by ann on ann in this session',
    ],
  ],
  [
    'POST /api/account/recovery-codes',
    async (s) => byAnn(await withTotp(s), 'POST', CODES),
    ['recovery-codes.made by ann on ann in this session'],
  ],
  [
    'DELETE /api/account/sessions',
    async (s) => byAnn((await twice(s)).ann, 'DELETE', '/api/account/sessions'),
    ['session.ended by ann on ann in another session: others-ended-by-user'],
  ],
  [
    'DELETE /api/account/sessions/:id',
    async (s) => {
      const { ann, other } = await twice(s)
      return byAnn(ann, 'DELETE', `/api/account/sessions/${other}`)
    },
    ['session.ended by ann on ann in another session: ended-by-user'],
  ],
  [
    'POST /api/account/step-up',
    async (s) => byAnn(await joinAnn(s), 'POST', '/api/account/step-up', { password: PASSWORD }),
    ['session.stepped-up by ann on ann in this session'],
  ],
  [
    'POST /api/account/step-up',
    async (s) => byAnn(await joinAnn(s), 'POST', '/api/account/step-up', { password: 'not this one' }),
    ['sign-in.failed by anonymous on ann in this session: step-up:password (failure)'],
  ],
  [
    'POST /api/account/totp',
    async (s) => {
      const ann = await joinAnn(s)
      const { secret } = (await post(s, `${TOTP}/enrolment`, {}, ann)).json as { secret: string }
      return byAnn(ann, 'POST', TOTP, { code: codeAt(secret, s.clock.now()) })
    },
    ['factor.added by ann on ann in this session', 'recovery-codes.made by ann on ann in this session'],
  ],
  [
    'DELETE /api/account/totp',
    async (s) => {
      const ann = await withTotp(s)
      await prove(s, ann, 'pwd', 'otp', 'mfa')
      return byAnn(ann, 'DELETE', TOTP)
    },
    ['factor.removed by ann on ann in this session'],
  ],
]

/** What changes nothing that anybody is told of. */
export const quietAccountRoutes: Readonly<Record<string, string>> = {
  'POST /api/account/email': 'a mail is sent; the address changes when it is proved',
  'POST /api/account/email/proof': 'a mail is sent',
  'POST /api/account/passkeys/enrolment': 'begins what is told when it is finished',
  'PATCH /api/account/passkeys/:id': 'a name for its owner alone',
  'POST /api/account/step-up/passkey': 'begins what is told when it is finished',
  'POST /api/account/totp/enrolment': 'begins what is told when it is finished',
}
