/** Operators for tests, and how they ask. */
import type { Answer } from '../client.ts'
import { join, type Person } from '../scenario.ts'
import type { TestServer } from '../start-server.ts'

export type Operator = Person & {
  ask(method: string, path: string, body?: unknown): Promise<Answer>
}

/** Somebody signed in with these roles. */
export async function joinAs(s: TestServer, name: string, roles: readonly string[]): Promise<Operator> {
  const person = await join(s, name)
  for (const role of roles) await s.service.lifecycle.changeRole({ userId: person.id, role, isGranted: true })
  const headers = { authorization: `Bearer ${person.access}` }
  return { ...person, ask: (method, path, body) => s.ask({ method, path, body, headers }) }
}

/** Types of the events about a user, oldest first. */
export async function eventsAbout({ db }: TestServer, userId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('event')
    .select(['type'])
    .where('user_id', '=', userId)
    .orderBy('occurred_at')
    .execute()
  return rows.map(({ type }) => type)
}
