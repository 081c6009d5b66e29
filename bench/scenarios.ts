/** What is measured: one entry per endpoint, with the load it gets. */
import { people, personNumber, signIn } from './people.ts'
import type { ContenderName } from './services.ts'

export const scenarioNames = ['verify', 'refresh', 'login', 'register'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export type Scenario = {
  path: string
  connections: number
  /** `rotate` posts the given lines in turn; `chain` starts each connection with one of them and follows the answers. */
  script: 'rotate' | 'chain'
  contenders: readonly ContenderName[]
  /** The lines for the script. Asked for before every run if `fresh`, else once per service. */
  lines(address: string): Promise<string[]> | string[]
  fresh: boolean
  /** Whether the rows of all tables are counted before and after. */
  countsRows?: true
}

const REFRESHING_USERS = 16
/** More than anyone can hash in one run: the list must not come round, an address registers once. */
const NEWCOMERS = 5000

let newcomerGroups = 0

export const scenarios: Record<ScenarioName, Scenario> = {
  verify: {
    path: '/api/accounts/token/verify/',
    connections: 16,
    script: 'rotate',
    contenders: ['django', 'bare', 'ours'],
    lines: accessTokens,
    fresh: false,
  },
  refresh: {
    path: '/api/accounts/token/refresh/',
    connections: REFRESHING_USERS,
    script: 'chain',
    contenders: ['django', 'ours'],
    lines: async (address) => (await signIn(address, REFRESHING_USERS)).map((tokens) => tokens.refresh),
    // The generator is cut off in the middle of a refresh: its last tokens are lost, so each run starts with new sessions.
    fresh: true,
    countsRows: true,
  },
  login: {
    path: '/api/accounts/login/',
    connections: 8,
    script: 'rotate',
    contenders: ['django', 'ours'],
    lines: () => people.map((person) => JSON.stringify(person)),
    fresh: false,
  },
  register: {
    path: '/api/accounts/register/',
    connections: 8,
    script: 'rotate',
    contenders: ['django', 'ours'],
    lines: newcomers,
    fresh: true,
  },
}

async function accessTokens(address: string): Promise<string[]> {
  const tokens = await signIn(address, people.length)
  return tokens.map(({ access }) => JSON.stringify({ token: access }))
}

function newcomers(): string[] {
  newcomerGroups += 1
  const group = `newcomer-${newcomerGroups}`
  return Array.from({ length: NEWCOMERS }, (_, index) => JSON.stringify(personNumber(group, index)))
}
