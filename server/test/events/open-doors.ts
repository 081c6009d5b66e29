/** Doors that ask for no token: signing in and up, and what comes by mail. */
import { enrolPasskey, ORIGIN, post, remove } from '../account/factors.ts'
import { latest, NEW_PASSWORD } from '../account-by-mail/mail.ts'
import { createAuthenticator, flags } from '../authenticator.ts'
import { PASSWORD, type Person, refresh, register } from '../scenario.ts'
import { codeNow, halfSignIn, withApp, wrongCode } from '../sign-in/half.ts'
import type { TestServer } from '../start-server.ts'
import { byAnn, byNobody, type Door, form, joinAnn, newName, type Ready } from './doors.ts'

const MFA = '/api/login/mfa'

async function secondFactor(
  s: TestServer,
  proof: (ann: Awaited<ReturnType<typeof withApp>>) => object,
): Promise<Ready> {
  const ann = await withApp(s, newName())
  const { mfaToken } = await halfSignIn(s, ann)
  return byNobody(MFA, { mfa_token: mfaToken, ...proof(ann) }, { ann })
}

async function passkeyShown(s: TestServer, counter?: number): Promise<Ready> {
  const isClone = counter !== undefined
  const authenticator = createAuthenticator(ORIGIN, isClone ? flags.UP | flags.UV : undefined)
  const ann = await enrolPasskey(s, await joinAnn(s), authenticator)
  const options = async () => (await s.post('/api/login/passkey/options', {})).json as { challenge: string }
  if (isClone)
    await s.post('/api/login/passkey', { credential: authenticator.get(await options(), { counter: counter + 1 }) })
  return byNobody(
    '/api/login/passkey',
    { credential: authenticator.get(await options(), isClone ? { counter } : {}) },
    { ann },
  )
}

/** Ann, and the latest mail of a kind to her. */
async function mailed(s: TestServer, message: Parameters<typeof latest>[2], ask?: (ann: Person) => Promise<unknown>) {
  const ann = await joinAnn(s)
  await ask?.(ann)
  return { ann, ...(await latest(s, ann.email, message)) }
}

const forgotten = (s: TestServer) =>
  mailed(s, 'recover-password', ({ email }) => s.post('/api/password/forgot', { email }))
const leaving = (s: TestServer) => mailed(s, 'deletion-requested', (ann) => remove(s, '/api/account', ann))
const page = (path: string, { ann, token }: { ann: Person; token: string }, fields = {}): Ready =>
  byNobody(path, form({ token, ...fields }), { ann }, ann.access)

/** Ann has proved her address, and asked for another one. */
async function changing(s: TestServer) {
  const { ann, code } = await mailed(s, 'verify-address')
  await post(s, '/api/email/verify', { email: ann.email, code }, ann)
  const email = `${newName()}@new.example`
  await post(s, '/api/account/email', { email }, ann)
  return { ann, email, token: (await latest(s, email, 'change-address')).token }
}

export const openDoors: readonly Door[] = [
  [
    'POST /api/login',
    async (s) => {
      const ann = await joinAnn(s)
      return byNobody('/api/login', { email: ann.email, password: PASSWORD }, { ann })
    },
    ['sign-in.succeeded by ann on ann in another session'],
  ],
  [
    'POST /api/login',
    async (s) => {
      const ann = await joinAnn(s)
      return byNobody('/api/login', { email: ann.email, password: 'not this one' }, { ann })
    },
    ['sign-in.failed by anonymous on ann: password (failure)'],
  ],
  [
    'POST /api/login',
    async () => byNobody('/api/login', { email: 'nobody@example.com', password: PASSWORD }),
    ['sign-in.failed by anonymous: password (failure)'],
  ],
  [
    'POST /api/login/mfa',
    (s) => secondFactor(s, (ann) => ({ code: codeNow(s, ann) })),
    ['sign-in.succeeded by ann on ann in another session'],
    ['totp', 'sign_in_attempt'],
  ],
  [
    'POST /api/login/mfa',
    (s) => secondFactor(s, (ann) => ({ code: wrongCode(codeNow(s, ann)) })),
    ['sign-in.failed by anonymous on ann: second-factor:totp (failure)'],
    ['totp', 'sign_in_attempt'],
  ],
  [
    'POST /api/login/mfa',
    (s) => secondFactor(s, ({ recoveryCodes }) => ({ code: recoveryCodes[0] })),
    ['recovery-code.used by ann on ann', 'sign-in.succeeded by ann on ann in another session'],
    ['sign_in_attempt'],
  ],
  [
    'POST /api/login/mfa',
    async (s) => {
      const ready = await secondFactor(s, (ann) => ({ code: wrongCode(codeNow(s, ann)) }))
      await s.db
        .updateTable('totp')
        .set({ failures: 99 })
        .where('user_id', '=', ready.people.ann?.id ?? 0)
        .execute()
      return ready
    },
    [
      'factor.disabled by anonymous on ann: too-many-failures',
      'sign-in.failed by anonymous on ann: second-factor:totp (failure)',
    ],
    ['totp', 'sign_in_attempt'],
  ],
  [
    'POST /api/login/code/finish',
    async (s) => {
      const { ann, code } = await mailed(s, 'verify-address')
      await post(s, '/api/email/verify', { email: ann.email, code }, ann)
      await s.post('/api/login/code', { email: ann.email })
      const { token } = await latest(s, ann.email, 'sign-in')
      return byNobody('/api/login/code/finish', { token }, { ann })
    },
    ['sign-in.succeeded by ann on ann in another session'],
    ['email_code'],
  ],
  [
    'POST /api/login/passkey',
    (s) => passkeyShown(s),
    ['sign-in.succeeded by ann on ann in another session'],
    ['webauthn_challenge', 'passkey'],
  ],
  [
    'POST /api/login/passkey',
    (s) => passkeyShown(s, 4),
    ['passkey.clone-suspected by anonymous on ann (failure)', 'sign-in.failed by anonymous on ann: passkey (failure)'],
    ['webauthn_challenge'],
  ],
  [
    'POST /api/logout',
    async (s) => {
      const ann = await joinAnn(s)
      return byNobody('/api/logout', { refresh: ann.refresh }, { ann }, ann.access)
    },
    ['session.ended by ann on ann in this session: logout'],
  ],
  [
    'POST /api/token/refresh',
    async (s) => {
      const ann = await joinAnn(s)
      await refresh(s, (await refresh(s, ann.refresh)).refresh)
      return byNobody('/api/token/refresh', { refresh: ann.refresh }, { ann }, ann.access)
    },
    [
      'session.reuse-detected by anonymous on ann in this session',
      'session.ended by anonymous on ann in this session: refresh-token-reused',
    ],
  ],
  [
    'POST /api/register',
    async () => byNobody('/api/register', { email: `${newName()}@example.com`, password: PASSWORD }),
    ['user.registered by somebody on somebody'],
  ],
  [
    'POST /api/email/verify',
    async (s) => {
      const { ann, code } = await mailed(s, 'verify-address')
      return byNobody('/api/email/verify', { email: ann.email, code }, { ann }, ann.access)
    },
    [
      'email.verified by ann on ann',
      'password.removed by ann on ann',
      'session.ended by ann on ann in this session: address-proved',
    ],
  ],
  [
    'POST /api/email/verify',
    async (s) => {
      const { ann, code } = await mailed(s, 'verify-address')
      return byAnn(ann, 'POST', '/api/email/verify', { email: ann.email, code })
    },
    ['email.verified by ann on ann in this session'],
  ],
  [
    'POST /api/password/reset',
    async (s) => {
      const { ann, token } = await forgotten(s)
      return byNobody('/api/password/reset', { token, password: NEW_PASSWORD }, { ann }, ann.access)
    },
    [
      'email.verified by ann on ann',
      'session.ended by ann on ann in this session: address-proved',
      'password.changed by ann on ann: recovered',
    ],
  ],
  [
    'POST /api/deletion/undo',
    async (s) => {
      const { ann, token } = await leaving(s)
      return byNobody('/api/deletion/undo', { token }, { ann })
    },
    ['deletion.undone by ann on ann: by-mail'],
  ],
  [
    'POST /mail/undo-deletion',
    async (s) => page('/mail/undo-deletion', await leaving(s)),
    ['deletion.undone by ann on ann: by-mail'],
  ],
  [
    'POST /mail/recover-password',
    async (s) => page('/mail/recover-password', await forgotten(s), { password: NEW_PASSWORD }),
    [
      'email.verified by ann on ann',
      'session.ended by ann on ann in this session: address-proved',
      'password.changed by ann on ann: recovered',
    ],
  ],
  [
    'POST /mail/verify-address',
    async (s) => page('/mail/verify-address', await mailed(s, 'verify-address'), { password: PASSWORD }),
    ['email.verified by ann on ann', 'session.ended by ann on ann in this session: address-proved'],
  ],
  [
    'POST /mail/change-address',
    async (s) => page('/mail/change-address', await changing(s), { password: PASSWORD }),
    ['email.changed by ann on ann in this session'], // that asked for it
  ],
  [
    'POST /mail/undo-address-change',
    async (s) => {
      const { ann, token } = await changing(s)
      await s.post('/mail/change-address', form({ token, password: PASSWORD }), {
        'content-type': 'application/x-www-form-urlencoded',
      })
      return page('/mail/undo-address-change', { ann, token: (await latest(s, ann.email, 'address-changed')).token })
    },
    [
      'password.removed by ann on ann',
      'session.ended by ann on ann in this session: address-change-undone',
      'email.changed by ann on ann: undone',
    ],
  ],
]

/** Where who has an address is nobody's business (REGISTRATION=private): the same route tells something else. */
export const privateDoors: readonly Door[] = [
  [
    'POST /api/register',
    async (s) => {
      const { email } = await register(s, { email: `${newName()}@example.com` })
      return byNobody('/api/register', { email, password: NEW_PASSWORD, first_name: 'Eve' })
    },
    ['user.changed by anonymous on somebody: registered-again'],
  ],
  [
    'POST /api/register',
    async (s) => {
      const { email } = await register(s, { email: `${newName()}@example.com` })
      const { code } = await latest(s, email, 'verify-address')
      await s.post('/api/email/verify', { email, code })
      return byNobody('/api/register', { email, password: NEW_PASSWORD })
    },
    ['sign-up.refused by anonymous on somebody (failure)'],
  ],
]

export const quietOpenRoutes: Readonly<Record<string, string>> = {
  'POST /api/login/code': 'a mail is sent',
  'POST /api/login/passkey/options': 'begins what is told when it is finished',
  'POST /api/login/mfa/passkey': 'begins what is told when it is finished',
  'POST /api/password/forgot': 'a mail is sent',
  'POST /api/token/verify': 'only reads',
}
