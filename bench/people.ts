/** The users of the benchmark: registered once per service, signed in whenever a run needs tokens. */
import { ask } from './ask.ts'

export type Tokens = { access: string; refresh: string }
type Person = { email: string; password: string }

const AT_ONCE = 8

/** As many as the refresh run has connections, twice: enough different tokens that nothing is measured with one only. */
export const people: readonly Person[] = Array.from({ length: 32 }, (_, index) => personNumber('settled', index))

export function personNumber(group: string, index: number): Person {
  return { email: `${group}-${index}@example.com`, password: `Str0ng-pass-${index}` }
}

export async function registerPeople(address: string): Promise<void> {
  await inBatches(people, (person) => post(address, 'register', person, 201))
}

/** Signs the first `count` users in: a new session for each. */
export async function signIn(address: string, count: number): Promise<Tokens[]> {
  const answers = await inBatches(people.slice(0, count), (person) => post(address, 'login', person, 200))
  return answers.map((answer): Tokens => JSON.parse(answer))
}

async function post(address: string, action: string, body: Person, status: number): Promise<string> {
  const path = `/api/accounts/${action}/`
  const answer = await ask(address, { method: 'POST', path, body: JSON.stringify(body) })
  if (answer.status !== status) throw new Error(`${action} at ${address} answered ${answer.status}: ${answer.body}`)
  return answer.body
}

async function inBatches<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))))
  }
  return results
}
