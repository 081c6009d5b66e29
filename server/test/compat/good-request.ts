/** For each endpoint a request that it takes, as often as one is asked for, and the judgement of its answer. */
import { type Endpoint, endpoints, expectJson, expectTokens, PASSWORD, paths, register, signIn } from '../scenario.ts'
import type { Answer, Client } from '../start-server.ts'

export type Fields = Record<string, string>
export type GoodRequest = { endpoint: Endpoint; path: string; fields: Fields; expectGood: (answer: Answer) => void }

const email = 'ann@example.com'
const required = ['This field is required.']

/** Registers Ann. The function that it answers makes a new request for each endpoint: tokens of a new session, a new address. */
export async function prepareRequests(s: Client): Promise<() => Promise<GoodRequest[]>> {
  await register(s, { email })
  let registered = 0
  async function fieldsOf(endpoint: Endpoint): Promise<Fields> {
    if (endpoint === 'login') return { email, password: PASSWORD }
    if (endpoint === 'register') {
      return { email: `p${++registered}@example.com`, password: PASSWORD, first_name: 'A + B', last_name: 'é😀' }
    }
    const { access, refresh } = await signIn(s, email)
    return endpoint === 'verify' ? { token: access } : { refresh }
  }
  async function makeRequest(endpoint: Endpoint): Promise<GoodRequest> {
    const fields = await fieldsOf(endpoint)
    return { endpoint, path: paths[endpoint], fields, expectGood: (answer) => expectGood(endpoint, fields, answer) }
  }
  return () => Promise.all(endpoints.map(makeRequest))
}

function expectGood(endpoint: Endpoint, { password: _, ...told }: Fields, answer: Answer): void {
  if (endpoint === 'register') expectJson(answer, 201, told)
  else if (endpoint === 'login' || endpoint === 'refresh') expectTokens(answer)
  else expectJson(answer, 200, {})
}

/** What an endpoint says to a body without any field. */
export const missing: Readonly<Record<Endpoint, Record<string, string[]>>> = {
  register: { email: required, password: required },
  login: { email: required, password: required },
  logout: { refresh: required },
  refresh: { refresh: required },
  verify: { token: required },
}

/** Both prefixes, with and without the slash. */
export function addressesOf(endpoint: Endpoint): string[] {
  const long = paths[endpoint]
  const short = long.replace('/accounts', '')
  return [long, short, long.slice(0, -1), short.slice(0, -1)]
}
