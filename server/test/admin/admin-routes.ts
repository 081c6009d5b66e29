/** The routes of the admin API as the service registers them, what stands in their addresses, and what they may change. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { DatabaseKind } from '../databases.ts'
import { type Route, watchRoutes } from '../routes.ts'
import { claimsOf, join } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { joinAs, type Operator } from './operators.ts'

export type AdminRoute = Pick<Route, 'url' | 'config'> & { method: string }

export const EVERYTHING = '*'
export const BUILT_IN = ['admin', 'operator', 'support', 'auditor'] as const
export const PLAIN = 'plain' // a role without any power
export const NOBODY = 424242

export async function start(
  t: TestContext,
  environment: Record<string, string> = {},
  kind: DatabaseKind = 'sqlite',
): Promise<{ s: TestServer; admin: Operator; routes: AdminRoute[] }> {
  const given = { WEBHOOKS_PRIVATE: 'on', ...environment }
  const { started: s, routes } = await watchRoutes(() => startServer(t, { kind, environment: given }))
  const admin = await joinAs(s, 'root', ['admin'])
  const all = routes
    .filter(({ url }) => url.startsWith('/api/admin/'))
    .flatMap((route) => [route.method].flat().map((method) => ({ ...route, method })))
    .filter(({ method }) => method !== 'HEAD')
  assert.ok(all.length >= 20)
  return { s, admin, routes: all }
}

export const wordsOf = (routes: readonly AdminRoute[]) => [
  ...new Set(routes.map(({ config }) => config?.permission ?? '')),
]
export const nameOf = ({ method, url }: AdminRoute) => `${method} ${url}`
export const exampleOf = ({ config }: AdminRoute) => config?.reference?.body?.example
export const isAbout = ({ url }: AdminRoute, what: string) => url.startsWith(`/api/admin/${what}/:`)
export const covers = (held: readonly string[], wanted: readonly string[]) =>
  held.includes(EVERYTHING) || wanted.every((word) => held.includes(word))

export const actingOnUsers = (routes: readonly AdminRoute[]) =>
  routes.filter((route) => isAbout(route, 'users') && route.method !== 'GET')

export const isLooking = ({ method }: AdminRoute) => method === 'GET'

/** Whoever retires the key that signed their token ends their own session. */
export const keysLast = (routes: readonly AdminRoute[]) => [
  ...routes.filter((route) => !isAbout(route, 'keys')),
  ...routes.filter((route) => isAbout(route, 'keys')),
]

/** What each parameter stands for, where it stands. */
export type Places = {
  user: number | string
  session: string
  role: string
  key: string
  webhook: string
  event: string
}

export function pathOf(route: AdminRoute, places: Places): string {
  const first = isAbout(route, 'users') ? 'user' : isAbout(route, 'keys') ? 'key' : 'webhook'
  const meaning: Readonly<Record<string, keyof Places>> = {
    id: first,
    sid: 'session',
    role: 'role',
    name: 'role',
    event: 'event',
  }
  return route.url.replace(/:(\w+)/g, (_, parameter: string) => {
    const place = meaning[parameter]
    assert.ok(place, `${nameOf(route)}: say in this test what :${parameter} stands for`)
    return encodeURIComponent(places[place])
  })
}

/** Everything that an operator may change, as it is now. */
export async function stateOf({ db }: TestServer): Promise<string> {
  const users = await db.selectFrom('user').select(['id', 'email', 'disabled_at', 'sessions_ended_at']).execute()
  const sessions = await db.selectFrom('session').select(['id', 'ended_at']).orderBy('id').execute()
  const tables = [
    'account_deletion',
    'user_role',
    'role',
    'password',
    'passkey',
    'totp',
    'signing_key',
    'webhook_endpoint',
    'webhook_delivery',
  ] as const
  const rows = []
  for (const table of tables) rows.push(await db.selectFrom(table).selectAll().execute())
  return JSON.stringify([users, sessions, rows])
}

/** Whether a route may refuse by whom it acts on, or by what it gives. */
export const isReach = (route: AdminRoute) => isAbout(route, 'users') || isAbout(route, 'roles')

export const nowhere = (): Places => ({
  user: NOBODY,
  session: 'f'.repeat(32),
  role: 'nothing',
  key: 'nothing',
  webhook: 'f'.repeat(32),
  event: 'f'.repeat(32),
})

export async function permissionsOf({ service }: TestServer): Promise<Map<string, readonly string[]>> {
  return new Map((await service.roles.list()).map(({ name, permissions }) => [name, permissions]))
}

let people = 0

/** Somebody new with this role, signed in. */
export async function joinTarget(s: TestServer, role: string) {
  const person = await join(s, `target${++people}`)
  if (role) await s.service.lifecycle.changeRole({ userId: person.id, role, isGranted: true })
  return { ...person, sid: claimsOf(person.access).sid }
}

/** A webhook with an event that was delivered there. */
export async function makeWebhook(s: TestServer, admin: Operator): Promise<{ id: string; event: string }> {
  const body = { url: 'http://127.0.0.1:9/', types: ['user.disabled'] }
  const { id } = (await admin.ask('POST', '/api/admin/webhooks', body)).json as { id: string }
  const { sequence, event } = await chainEvent(s)
  const state = { state: 'delivered' as const, attempts: 1, next_at: 0, last_status: 200, last_failure: null }
  const row = { endpoint_id: id, sequence, event_id: event, type: 'user.disabled', user_id: null, ...state }
  await s.db
    .insertInto('webhook_delivery')
    .values({ ...row, created_at: 0, finished_at: 0 })
    .execute()
  return { id, event }
}

/** An event with a place in the chain, as the relay gives it one: no relay runs here. */
async function chainEvent({ db, service }: TestServer): Promise<{ sequence: number; event: string }> {
  const { database, events } = service
  const told = { type: 'user.disabled', userId: null, actor: { kind: 'system' } } as const
  await database.transaction((tx) => events.append(tx, told))
  const latest = db.selectFrom('event').select(['id', 'position']).orderBy('position', 'desc').limit(1)
  const { id: event, position } = await latest.executeTakeFirstOrThrow()
  const sequence = ++people
  await db.updateTable('event').set({ sequence, hash: event }).where('position', '=', position).execute()
  return { sequence, event }
}

export async function realPlaces(s: TestServer, admin: Operator): Promise<Places> {
  const person = await joinTarget(s, '')
  const { id: webhook, event } = await makeWebhook(s, admin)
  await admin.ask('PUT', `/api/admin/roles/${PLAIN}`, { permissions: ['orders:read'] })
  return {
    user: person.id,
    session: person.sid,
    role: PLAIN,
    key: String(s.service.keys.list()[0]?.id),
    webhook,
    event,
  }
}
