/** Every route that declares a limit has it: the table of routes is walked, so a new one is in here by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchRoutes } from '../routes.ts'
import { expectTokens, PASSWORD, paths } from '../scenario.ts'
import { halfSignIn, withApp } from '../sign-in/half.ts'
import type { Answer, Client, TestServer } from '../start-server.ts'
import { startBehindProxy } from './attempts.ts'

const from = (address: string) => ({ 'x-forwarded-for': address })
const account = { email: 'ann@example.com', password: PASSWORD }

let mails = 0

type Asked = {
  times: number
  /** What one must have to ask at all. */
  prepare?: (s: TestServer) => Promise<{ access: string; mfaToken: string }>
  ask: (s: Client, path: string, prepared: { access: string; mfaToken: string }) => Promise<Answer>
}

/** Somebody with a second factor, signed in and half signed in: two attempts more, which the limits have counted. */
async function beHalf(s: TestServer, name: string, address: string) {
  const ann = await withApp(s, name)
  const { mfaToken } = await halfSignIn(s, ann, from(address))
  return { access: ann.access, mfaToken }
}

/** Signs in, the first time after registering, from where everybody is known by then. */
async function fresh(s: Client, name: string): Promise<string> {
  const person = { email: `${name}@example.com`, password: PASSWORD }
  const where = from('198.51.100.16')
  await s.post(paths.register, person, where)
  return expectTokens(await s.post(paths.login, person, where)).access
}

/** How a route with this limit is asked in earnest, and how often that goes well. */
const asked: Record<string, Asked> = {
  'sign-in': { times: 10, ask: (s, path) => s.post(path, { ...account, password: 'wrong' }, from('198.51.100.1')) },
  'sign-up': { times: 20, ask: (s, path) => s.post(path, account, from('198.51.100.1')) },
  'second-factor': {
    times: 9,
    prepare: (s) => beHalf(s, 'bob', '198.51.100.2'),
    ask: (s, path, { mfaToken }) => s.post(path, { mfa_token: mfaToken, code: '12345' }, from('198.51.100.2')),
  },
  passkey: { times: 100, ask: (s, path) => s.post(path, { credential: {} }, from('198.51.100.3')) },
  'step-up': {
    times: 10,
    prepare: (s) => beHalf(s, 'eve', '198.51.100.4'),
    ask: (s, path, { access }) =>
      s.post(
        path,
        { password: 'wrong', old_password: 'wrong' },
        { ...from('198.51.100.4'), authorization: `Bearer ${access}` },
      ),
  },
  mail: {
    times: 50, // of one network; of one address five
    prepare: async (s) => {
      const prepared = await beHalf(s, 'dan', '198.51.100.10')
      // Whoever has proved nothing leaves an address less often.
      await s.db.updateTable('user').set({ email_verified_at: 0 }).where('email', '=', 'dan@example.com').execute()
      return prepared
    },
    ask: (s, path, { access }) => {
      const email = `somebody${mails++}@example.com`
      return s.post(path, { email }, { ...from('198.51.100.7'), authorization: `Bearer ${access}` })
    },
  },
  'mail-to-self': {
    times: 5,
    prepare: (s) => beHalf(s, 'gus', '198.51.100.12'),
    ask: (s, path, { access }) => s.post(path, {}, { ...from('198.51.100.13'), authorization: `Bearer ${access}` }),
  },
  deletion: {
    times: 5,
    ask: async (s, path) => {
      const access = await fresh(s, 'hal')
      return s.ask({ method: 'DELETE', path, headers: { ...from('198.51.100.14'), authorization: `Bearer ${access}` } })
    },
  },
  export: {
    times: 3,
    ask: async (s, path) => {
      const access = await fresh(s, 'ida')
      return s.post(path, {}, { ...from('198.51.100.15'), authorization: `Bearer ${access}` })
    },
  },
  'mail-code': {
    times: 100,
    prepare: (s) => beHalf(s, 'fay', '198.51.100.11'),
    ask: (s, path, { access }) => {
      const body = { email: `somebody${mails++}@example.com`, code: '123456', password: PASSWORD }
      return s.post(path, body, { ...from('198.51.100.8'), authorization: `Bearer ${access}` })
    },
  },
  ceremony: {
    times: 100,
    prepare: (s) => beHalf(s, 'carl', '198.51.100.9'),
    ask: (s, path, { access, mfaToken }) =>
      s.post(path, { mfa_token: mfaToken }, { ...from('198.51.100.5'), authorization: `Bearer ${access}` }),
  },
  challenge: { times: 100, ask: (s, path) => s.get(`${path}?purpose=sign-in`, from('198.51.100.6')) },
}
const withoutAny = ['token', 'signed-in', 'memory', 'probe', 'mail-link']

test('every route that declares a limit has it, in one bucket with the others that declare it', async (t) => {
  const { routes, started: s } = await watchRoutes(() =>
    startBehindProxy(t, 'sqlite', {
      CHALLENGE: 'off',
      LIMITS_GLOBAL_PER_MINUTE: '6000',
      PASSWORDLESS: 'on',
    }),
  )
  const declared = Object.groupBy(routes, ({ config }) => config?.limit ?? 'none')
  assert.deepEqual(Object.keys(declared).sort(), [...Object.keys(asked), ...withoutAny].sort())
  for (const [limit, { times, prepare, ask }] of Object.entries(asked)) {
    const prepared = (await prepare?.(s)) ?? { access: '', mfaToken: '' }
    const paths = [...new Set(declared[limit]?.map(({ url }) => url))]
    for (let turn = 0; turn < times; turn++) {
      const { status } = await ask(s, paths[turn % paths.length] ?? '', prepared)
      assert.notEqual(status, 429, `${limit}, ${turn + 1}`)
    }
    for (const path of paths) {
      const answer = await ask(s, path, prepared)
      assert.equal(answer.status, 429, path)
      assert.ok(Number(answer.headers['retry-after']) > 0)
    }
  }
})
