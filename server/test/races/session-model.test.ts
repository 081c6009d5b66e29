/**
 * Random sequences of what a person, a thief and an operator may do with sessions, played over HTTP against a small model.
 * Two requests at once must come out as one after the other, in either order. A failure prints its seed and its steps.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { databases } from '../databases.ts'
import { claimsOf, isGood, paths, register, type TokenPair } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import {
  ABSOLUTE_SECONDS,
  ACCESS_SECONDS,
  type Got,
  IDLE_SECONDS,
  isAccessGood,
  isLive,
  judgeDisable,
  judgeEnd,
  judgeLogout,
  judgeProof,
  judgeRefresh,
  type Model,
  noteAccess,
  type SessionModel,
  sessionAt,
} from './session-model/model.ts'

const BUDGET_MS = 5_000 // a database
const MOST_SESSIONS = 3

type Real = { s: TestServer; userId: number; email: string; password: string }

/** Something that may be done, alone or beside something else. */
type Action = {
  name: string
  ask(real: Real, model: Model): Promise<Got>
  /** Notes in the model what happened. @param before as it was when the request came @returns whether it may happen */
  judge(model: Model, got: Got, before: Model): boolean
}

function gotOf({ status, json }: Answer): Got {
  const got = { ...(json as TokenPair), status }
  return got.access ? { ...got, amr: claimsOf(got.access).amr as string[] } : got
}

const shownBy = (session: SessionModel, back: number) => session.generations.at(-1 - back)?.refresh ?? 'none'

async function show({ s }: Real, path: string, shown: string): Promise<Got> {
  return { ...gotOf(await s.post(path, { refresh: shown })), shown }
}

const bearer = ({ access }: SessionModel) => ({ authorization: `Bearer ${access}` })

const refreshing = (at: number, back: number): Action => ({
  name: `refresh(session ${at}, ${back} back)`,
  ask: (real, model) => show(real, paths.refresh, shownBy(sessionAt(model, at), back)),
  judge: (model, got) => judgeRefresh(model, at, got),
})

const loggingOut = (at: number, back: number): Action => ({
  name: `logout(session ${at}, ${back} back)`,
  ask: (real, model) => show(real, paths.logout, shownBy(sessionAt(model, at), back)),
  judge: (model, got, before) => judgeLogout(model, at, got, before),
})

const endingOthers = (at: number): Action => ({
  name: `end others(session ${at})`,
  ask: async ({ s }, model) =>
    gotOf(await s.ask({ method: 'DELETE', path: '/api/account/sessions', headers: bearer(sessionAt(model, at)) })),
  judge: (model, got) => judgeEnd(model, at, (session) => session !== sessionAt(model, at), got),
})

const endingOne = (at: number, ended: number): Action => ({
  name: `end one(session ${at} ends ${ended})`,
  async ask({ s }, model) {
    const path = `/api/account/sessions/${sessionAt(model, ended).sid}`
    return gotOf(await s.ask({ method: 'DELETE', path, headers: bearer(sessionAt(model, at)) }))
  },
  judge: (model, got) => judgeEnd(model, at, (session) => session === sessionAt(model, ended), got),
})

const FRESH = ['otp'] as const

const proving = (at: number): Action => ({
  name: `step up(session ${at})`,
  async ask({ s }, model) {
    const { sessions, database } = s.service
    const proof = { amr: FRESH, authenticatedAt: s.clock.now() }
    const raised = await database.transaction((tx) => sessions.raise(tx, sessionAt(model, at).sid, proof))
    return { status: raised ? 200 : 404 }
  },
  judge: (model, got) => judgeProof(model, at, FRESH, got),
})

const disabling: Action = {
  name: 'disable',
  ask: async ({ s, userId }) => ({ status: (await s.service.lifecycle.disable(userId)) ? 200 : 404 }),
  judge: judgeDisable,
}

const enabling: Action = {
  name: 'enable',
  ask: async ({ s, userId }) => ({ status: (await s.service.lifecycle.enable(userId)) ? 200 : 404 }),
  judge(model) {
    model.isEnabled = true
    return true
  },
}

const signingIn: Action = {
  name: 'sign in',
  ask: async ({ s, email, password }) => gotOf(await s.post(paths.login, { email, password })),
  judge(model, got) {
    if (!model.isEnabled) return got.status === 401
    if (got.status !== 200 || !got.access || !got.refresh) return false
    const { sid } = claimsOf(got.access)
    if (model.sessions.some((session) => session.sid === sid)) return false
    const generations = [{ refresh: got.refresh, givenAt: model.now }]
    const session = { sid, openedAt: model.now, generations, access: '', accessEnd: 0, amr: ['pwd'], hasEnded: false }
    noteAccess(session, got, model.now)
    model.sessions.push(session)
    return true
  },
}

type Command = fc.AsyncCommand<Model, Real>

const alone = (action: Action): Command => ({
  check: ({ sessions }) => (action === signingIn ? sessions.length < MOST_SESSIONS : sessions.length > 0),
  async run(model, real) {
    const got = await action.ask(real, model)
    assert.ok(action.judge(model, got, model), `${action.name} got ${got.status}`)
    await compare(model, real)
  },
  toString: () => action.name,
})

const atOnce = (one: Action, other: Action): Command => ({
  check: ({ sessions }) => sessions.length > 0,
  async run(model, real) {
    const [first, second] = await Promise.all([one.ask(real, model), other.ask(real, model)])
    const orders = [
      (after: Model) => one.judge(after, first, model) && other.judge(after, second, model),
      (after: Model) => other.judge(after, second, model) && one.judge(after, first, model),
    ]
    const possible = orders.map((order) => {
      const after = structuredClone(model)
      return order(after) ? after : undefined
    })
    const agreeing: Model[] = []
    for (const after of possible) if (after && (await agrees(after, real))) agreeing.push(after)
    const [after] = agreeing
    assert.ok(after, `${one.name} beside ${other.name} got ${first.status} and ${second.status}`)
    Object.assign(model, after)
  },
  toString: () => `{${one.name} beside ${other.name}}`,
})

const waiting = (seconds: number): Command => ({
  check: () => true,
  async run(model, real) {
    await real.s.clock.advance(seconds)
    model.now += seconds
    await compare(model, real)
  },
  toString: () => `wait(${seconds} s)`,
})

/** Of every session: whether its newest access token and its current refresh token are good. */
async function compare({ sessions, now }: Model, { s }: Real): Promise<void> {
  const tokens = sessions.flatMap((session) => [session.access, shownBy(session, 0)])
  const expected = sessions.flatMap((session) => [isAccessGood(session, now), isLive(session, now)])
  const found = await Promise.all(tokens.map((token) => isGood(s, token)))
  assert.deepEqual(found, expected, 'access and refresh token of each session')
}

async function agrees(model: Model, real: Real): Promise<boolean> {
  return compare(model, real).then(
    () => true,
    (error: unknown) => {
      if (error instanceof assert.AssertionError) return false
      throw error
    },
  )
}

// Mostly what may still do something: what is dead stays dead, and a sequence of refusals shows little.
const often = <T>(weight: number, ...values: T[]) => ({ weight, arbitrary: fc.constantFrom(...values) })
const at = fc.oneof(often(3, 0), often(1, 1, 2))
const back = fc.oneof(often(5, 0), often(4, 1), often(1, 2, 3))
const refresh = fc.tuple(at, back).map(([session, generation]) => refreshing(session, generation))
const logout = fc.tuple(at, back).map(([session, generation]) => loggingOut(session, generation))
const end = fc.oneof(
  at.map(endingOthers),
  fc.tuple(at, at).map(([session, ended]) => endingOne(session, ended)),
)
const tabs = fc
  .tuple(at, back, back)
  .map(([session, one, other]) => [refreshing(session, one), refreshing(session, other)])
const proof = at.map(proving)
const beside = fc.tuple(refresh, fc.oneof(refresh, logout, end, proof, fc.constant(disabling)))
const seconds = fc.oneof(
  often(6, 1, 9, 10, 11),
  often(1, ACCESS_SECONDS, IDLE_SECONDS - 1, IDLE_SECONDS, ABSOLUTE_SECONDS),
)
const refreshes = refresh.map(alone)
const races = fc.oneof(tabs, beside).map(([one, other]) => atOnce(one as Action, other as Action))
const commands = fc.commands(
  [
    ...[refreshes, refreshes, refreshes, races, races],
    seconds.map(waiting),
    fc.oneof(often(3, alone(signingIn)), { weight: 1, arbitrary: fc.oneof(logout, end, proof).map(alone) }),
    fc.oneof(often(3, alone(enabling)), often(1, alone(disabling))),
  ],
  { maxCommands: 24, size: 'max' },
)

for (const { kind, name } of databases()) {
  test(`whatever is done with sessions, they do as the model, on ${name}`, async (t) => {
    const environment = {
      SESSION_IDLE_SECONDS: String(IDLE_SECONDS),
      SESSION_ABSOLUTE_SECONDS: String(ABSOLUTE_SECONDS),
      ACCESS_TOKEN_SECONDS: String(ACCESS_SECONDS),
    }
    const s = await startServer(t, { kind, environment })
    let people = 0
    let steps = 0
    async function setUp(): Promise<{ model: Model; real: Real }> {
      const { email, password } = await register(s, { email: `person${++people}@example.com` })
      const { id: userId } = await s.service.lifecycle.find(email)
      const model: Model = { now: 0, isEnabled: true, sessions: [] }
      const real = { s, userId, email, password }
      await alone(signingIn).run(model, real)
      return { model, real }
    }
    await fc.assert(
      fc.asyncProperty(commands, async (played) => {
        const begun = await setUp()
        await fc.asyncModelRun(() => begun, played)
        steps += [...played].length
      }),
      { numRuns: 100_000, interruptAfterTimeLimit: BUDGET_MS, markInterruptAsFailure: false },
    )
    t.diagnostic(`${people} people, ${steps} steps`)
    assert.ok(steps > 10, `only ${steps} steps were played`)
  })
}
