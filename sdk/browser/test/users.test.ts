/** Signing in and out, and what the other tabs see of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Credentials, SecondFactor } from '../src/index.ts'
import {
  askThings,
  HOUR,
  inChromium,
  login,
  PASSWORD,
  register,
  shiftClock,
  signIn,
  stateOf,
  statesOf,
  untilState,
  visit,
} from './browser.ts'
import { enrolApp } from './code-app.ts'
import { eventually } from './eventually.ts'
import { failAll, failNext, REFRESH } from './faults.ts'
import { store, storedIn } from './stored.ts'

inChromium('Signing in and out', (stage) => {
  test('logout in one tab reaches the others at once, and nothing is left', async (t) => {
    const { service, context, openTab } = await visit(t, stage())
    const tabs = [await openTab(), await openTab(), await openTab()]
    const [first, ...others] = tabs as [Page, ...Page[]]
    const email = await signIn(first)
    await Promise.all(others.map((tab) => untilState(tab, 'signed-in')))
    const token = await first.evaluate(() => client.getAccessToken())
    const told = Promise.all(others.map((tab) => tab.evaluate(momentOfSignOut)))
    await Promise.all(others.map((tab) => tab.evaluate(() => 0))) // all of them listen now
    const [leftAt, outcome] = await first.evaluate(async () => [Date.now(), await client.logout()] as const)
    const delays = (await told).map((at) => at - leftAt)
    t.diagnostic(`the other tabs knew after ${delays.join(' and ')} ms`)

    assert.deepEqual(outcome, { kind: 'ended' })
    assert.ok(delays.every((delay) => delay < 1_000))
    assert.deepEqual(await Promise.all(tabs.map(lastStateOf)), [
      'signed-out logout',
      'signed-out elsewhere',
      'signed-out elsewhere',
    ])
    for (const tab of tabs) {
      assert.deepEqual(await storedIn(tab), [])
      assert.equal(await tab.evaluate(() => client.getAccessToken()), undefined)
      assert.equal(await askThings(tab), 401)
    }
    assert.deepEqual((await context.storageState()).origins, [])
    assert.deepEqual(
      service.sessionsOf(email).map(({ end_reason }) => end_reason),
      ['logout'],
    )
    assert.equal(await first.evaluate(askWith, token), 401)
  })

  test('logout while another tab refreshes: nobody comes back', async (t) => {
    const { site, service, openTab } = await visit(t, stage())
    const [leaving, refreshing] = [await openTab(), await openTab()]
    const email = await signIn(leaving)
    await untilState(refreshing, 'signed-in')
    failNext(site, REFRESH, { kind: 'delay-answer', milliseconds: 1_000 })
    const refreshed = refreshing.evaluate(() => client.refresh())
    await eventually('the session is rotated', () => site.refreshes().some(({ status }) => status === 200))
    assert.deepEqual(await leaving.evaluate(() => client.logout()), { kind: 'ended' })
    assert.equal(await refreshed, undefined)
    assert.deepEqual(await storedIn(leaving), [])
    assert.equal(service.sessionsOf(email)[0]?.end_reason, 'logout')
  })

  test('a tab that had not heard of the logout and stores the session again brings nobody back', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const [tab, other] = [await openTab(), await openTab()]
    await signIn(tab)
    await untilState(other, 'signed-in')
    const refreshesBefore = site.refreshes().length // none, unless the tabs were too slow to share the first token
    const entries = await storedIn(tab)
    assert.ok(entries.length > 0)
    await tab.evaluate(() => client.logout())
    await untilState(other, 'signed-out elsewhere')
    await store(tab, entries)
    for (const each of [tab, other]) assert.equal(await each.evaluate(() => client.getAccessToken()), undefined)
    assert.deepEqual(await Promise.all([tab, other].map(lastStateOf)), ['signed-out logout', 'signed-out elsewhere'])
    assert.equal(site.refreshes().length, refreshesBefore)
  })

  test('logout without a network forgets the session here and says that it lives on there', async (t) => {
    const { service, context, openTab } = await visit(t, stage())
    const tab = await openTab()
    const email = await signIn(tab)
    await context.setOffline(true)
    assert.equal((await tab.evaluate(() => client.logout())).kind, 'only-here')
    assert.deepEqual(await storedIn(tab), [])
    assert.equal(await lastStateOf(tab), 'signed-out logout')
    assert.equal(service.sessionsOf(email)[0]?.ended_at, null)
  })

  test('logout whose answer is lost has ended the session all the same', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failNext(site, '/api/logout', { kind: 'lose-answer' })
    assert.deepEqual(await tab.evaluate(() => client.logout()), { kind: 'ended' })
  })

  test('somebody else signs in in another window: both windows are theirs, and the session before has ended', async (t) => {
    const { service, openTab } = await visit(t, stage())
    const [window, other] = [await openTab(), await openTab()]
    const ann = await signIn(window)
    const bob = await signIn(other)
    await untilState(window, 'signed-in')
    await eventually('the session before has ended', () => service.sessionsOf(ann)[0]?.end_reason === 'logout')
    assert.deepEqual(await stateOf(window), await stateOf(other))
    const states = await statesOf(window)
    assert.deepEqual(
      states.filter((state) => state !== 'unknown starting'),
      ['signed-out no-session', 'signed-in', 'signed-out replaced', 'signed-in'],
    )
    assert.deepEqual([await askThings(window), await askThings(other)], [200, 200])
    assert.equal(service.sessionsOf(bob)[0]?.ended_at, null)
  })

  test('a request of one user is not sent with the token of another', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const [window, other] = [await openTab(), await openTab()]
    await signIn(window)
    const email = await register(other)
    for (const each of [window, other]) await each.evaluate(shiftClock, HOUR)
    failAll(site, REFRESH, { kind: 'lose-request' })
    const asked = window.evaluate(() => client.fetch('/things').catch(({ code }) => code))
    await eventually('the request waits for a token', () => site.refreshes().length > 0)
    await login(other, email)
    assert.equal(await asked, 'session-changed')
    assert.equal(site.exchanges.filter(({ path }) => path === '/things').length, 0)
  })

  test('two windows sign in at the same moment as different users: one of them wins, in both', async (t) => {
    const { service, openTab } = await visit(t, stage())
    const windows = [await openTab(), await openTab()]
    const emails = await Promise.all(windows.map(signIn))
    await eventually('one session is left', () => emails.flatMap(openSessionsOf).length === 1)
    const [winner] = emails.flatMap(openSessionsOf)
    for (const window of windows) await window.waitForFunction(isSession, winner?.id)
    assert.deepEqual(await Promise.all(windows.map(askThings)), [200, 200])

    function openSessionsOf(email: string) {
      return service.sessionsOf(email).filter(({ ended_at }) => ended_at === null)
    }
  })

  test('a wrong password is told as such, and so is a field that is refused', async (t) => {
    const { openTab } = await visit(t, stage())
    const tab = await openTab()
    const email = 'nobody@example.com'
    assert.deepEqual(await failureOf(tab, 'login', { email, password: PASSWORD }), ['wrong-credentials', {}])
    assert.deepEqual(await failureOf(tab, 'register', { email: 'nobody', password: PASSWORD }), [
      'fields-refused',
      { email: ['Enter a valid email address.'] },
    ])
    assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session'])
  })

  test('whoever has a second factor is asked for it, and signed in with it', async (t) => {
    const { site, service, openTab } = await visit(t, stage())
    const tab = await openTab()
    const email = await signIn(tab)
    const [recoveryCode = ''] = await enrolApp(service, await tab.evaluate(() => client.getAccessToken()))
    await tab.evaluate(() => client.logout())

    const due = await tab.evaluate(secondFactorOf, { email, password: PASSWORD })
    assert.deepEqual([due.code, due.methods], ['mfa-required', ['totp', 'recovery_code']])
    const { mfaToken = '' } = due
    assert.equal(await lastStateOf(tab), 'signed-out logout', 'half of a sign-in is none')
    assert.equal(typeof (await tab.evaluate((token) => client.passkeyOptions(token), mfaToken)).challenge, 'string')
    assert.equal(await tab.evaluate(finish, { mfaToken, code: 'AAAA-AAAA-AAAA' }), 'second-factor-refused')
    assert.equal(await tab.evaluate(finish, { mfaToken, credential: { id: 'nobodys' } }), 'second-factor-refused')
    assert.deepEqual(JSON.parse(site.exchanges.at(-1)?.body ?? ''), {
      mfa_token: mfaToken,
      credential: { id: 'nobodys' },
    })
    assert.equal(await tab.evaluate(finish, { mfaToken, code: recoveryCode }), 'finished')
    assert.equal(await lastStateOf(tab), 'signed-in')
    assert.equal(await askThings(tab), 200)
    assert.equal(await tab.evaluate(finish, { mfaToken, code: recoveryCode }), 'mfa-token-refused')
    assert.equal(await lastStateOf(tab), 'signed-in')
  })
})

type Due = { code: string; mfaToken: string | undefined; methods: readonly string[] }

/** Runs in the page. */
async function secondFactorOf(credentials: Credentials): Promise<Due> {
  try {
    await client.login(credentials)
    return { code: 'no failure', mfaToken: undefined, methods: [] }
  } catch (error) {
    const { code, mfaToken, methods } = error as Due
    return { code, mfaToken, methods }
  }
}

/** Runs in the page. */
function finish(factor: SecondFactor): Promise<string> {
  return client.finishLogin(factor).then(
    () => 'finished',
    ({ code }) => code,
  )
}

/** Runs in the page: when the session is left. */
function momentOfSignOut(): Promise<number> {
  return new Promise((resolve) => {
    client.session.subscribe(({ kind }) => kind === 'signed-out' && resolve(Date.now()))
  })
}

/** Runs in the page. */
function isSession(id: string | undefined): boolean {
  const { state } = client.session
  return state.kind === 'signed-in' && state.sessionId === id
}

/** Runs in the page. */
async function askWith(token: string | undefined): Promise<number> {
  return (await fetch('/things', { headers: { authorization: `Bearer ${token}` } })).status
}

const lastStateOf = async (tab: Page) => (await statesOf(tab)).at(-1)

function failureOf(tab: Page, method: 'login' | 'register', body: { email: string; password: string }) {
  return tab.evaluate(
    async ([method, body]) => {
      try {
        return ['no failure', await client[method](body)]
      } catch (error) {
        const { code, fields } = error as { code: string; fields: object }
        return [code, fields]
      }
    },
    [method, body] as const,
  )
}
