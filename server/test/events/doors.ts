/**
 * Every door behind which something changes: how to stand before it with what it asks for, and which events tell of it
 * afterwards. One row a route; a route that changes something and is in no table here fails a test.
 */
import assert from 'node:assert/strict'
import { joinAs, type Operator } from '../admin/operators.ts'
import { join, type Person } from '../scenario.ts'
import type { Question, TestServer, tableOwners } from '../start-server.ts'

export type Ready = {
  question: Question
  /** Names of people, for what is told. */
  people: Readonly<Record<string, { id: number }>>
  /** The access token of the session that asks, or that it is about. */
  access?: string
}

/**
 * `tells`: for each event, in order, `type by actor on subject in session: reason`; `(failure)` where it is one. Whoever has no
 * name is `somebody`.
 */
export type Door = readonly [
  route: string,
  prepare: (s: TestServer) => Promise<Ready>,
  tells: readonly string[],
  /** Tables where it is noted, before anything else and whatever comes of it, that a proof was shown: it is good once. */
  spends?: readonly (keyof typeof tableOwners)[],
]

let number = 0
export const newName = (): string => `person-${++number}`
export const joinAnn = (s: TestServer): Promise<Person> => join(s, newName())
export const joinRoot = (s: TestServer): Promise<Operator> => joinAs(s, newName(), ['admin'])

type Asking = { id: number; access: string }

/** Ann asks, in her session. */
export function byAnn(ann: Asking, method: string, path: string, body?: object): Ready {
  const question = { method, path, body, headers: { authorization: `Bearer ${ann.access}` } }
  return { question, people: { ann }, access: ann.access }
}

/** An operator asks; `ann`, if anybody, is whom it is about. */
export function byRoot(
  root: Asking,
  method: string,
  path: string,
  { body, ann }: { body?: object; ann?: Asking } = {},
) {
  const question = { method, path, body, headers: { authorization: `Bearer ${root.access}` } }
  return { question, people: { root, ...(ann && { ann }) }, ...(ann && { access: ann.access }) } satisfies Ready
}

/** Somebody asks without a token. */
export function byNobody(path: string, body: object | string, people: Ready['people'] = {}, access?: string): Ready {
  const isForm = typeof body === 'string'
  const headers = isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
  return { question: { method: 'POST', path, body, headers }, people, ...(access && { access }) }
}

/** A form of a page that a link in a mail opens. */
export const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString()

/** The events that are told since a position, in words. */
export async function toldSince(
  { db }: TestServer,
  position: number,
  { people }: Pick<Ready, 'people'>,
  sid?: string,
): Promise<string[]> {
  const rows = await db.selectFrom('event').selectAll().where('position', '>', position).orderBy('position').execute()
  const names = new Map(Object.entries(people).map(([name, { id }]) => [id, name]))
  const nameOf = (id: number) => names.get(id) ?? 'somebody'
  return rows.map((row) => {
    assert.equal(row.actor_id !== null, ['user', 'operator'].includes(row.actor_kind), row.type)
    const actor = row.actor_id === null ? row.actor_kind : nameOf(row.actor_id)
    const subject = row.user_id === null ? '' : ` on ${nameOf(row.user_id)}`
    const session = row.session_id === null ? '' : ` in ${row.session_id === sid ? 'this' : 'another'} session`
    const result = row.result === 'success' ? '' : ` (${row.result})`
    return `${row.type} by ${actor}${subject}${session}${row.reason === null ? '' : `: ${row.reason}`}${result}`
  })
}

export async function lastPosition({ db }: TestServer): Promise<number> {
  const row = await db.selectFrom('event').select('position').orderBy('position', 'desc').limit(1).executeTakeFirst()
  return row?.position ?? 0
}
