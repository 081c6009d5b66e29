/** What an import did, or in a dry run would do: counts, and for everything left behind the reason with a few examples. */
import type { ImportChange, LeftOut, Loss, TokenOutcome, UserOutcome } from '../../features/lifecycle/lifecycle.ts'
import { grouped } from './progress.ts'

/** What became of one user, and where that user stands in the source: an id or a line. */
export type Told = { at: number; outcome: Taken | NotTaken }

type Taken = Exclude<UserOutcome, { kind: 'left-out' }>
export type NotTaken = {
  kind: 'left-out'
  /** A key of the texts that the report was made with. */
  reason: string
  /** Whose address it is. */
  holder?: string
}

export type Report = {
  addUsers(told: readonly Told[]): void
  addTokens(outcomes: readonly TokenOutcome[]): void
  /** Users by id who were taken over earlier and are not in the source any more. */
  addGone(ids: readonly number[]): void
  /** Whether nothing of any user was left behind, and nobody is here who is gone there. Tokens do not count: those left out are worth nothing here either. */
  isComplete(): boolean
  /** `hasTokens` undefined: this source has none of them. */
  toLines(options: { hasTokens?: boolean }): string[]
}

const EXAMPLES = 10

export const leftOutTexts: Record<LeftOut, string> = {
  'id-unusable': 'the id is no positive whole number',
  'address-unusable': 'the address is empty, longer than 254 characters or holds a NUL',
  erased: 'this person was erased here, and stays so',
  'id-taken':
    'the id belongs to another person here. Old tokens name the id: keep JWT_SECRET_KEY unset until this is solved',
  'address-taken': 'the address belongs to another person here',
}

const lossTexts: Record<Loss, string> = {
  'hash-unknown': 'the password hash has a format that nobody can check: no login with a password',
  'name-cut': 'a name did not fit: 150 characters of it were kept, without NUL',
  'address-refused': 'a login does not take this as an address',
  'stays-disabled': 'active there, disabled here and stays so (samurai-auth users enable <id>)',
}

const changeTexts: Record<ImportChange, string> = {
  email: 'spelling of the address',
  names: 'names',
  hash: 'password hash',
  'last-login': 'last login',
  disabled: 'disabled now',
}

const goneTexts = {
  gone: 'taken over earlier, and may sign in (to end them: samurai-auth users disable <id>, or users erase <id> --yes)',
}

const tokenTexts: Record<TokenOutcome['kind'], string> = {
  open: 'stay signed in',
  ended: 'refused here from now on',
  end: 'ended here now',
  unchanged: 'unchanged',
  expired: 'skipped: expired',
  unreadable: 'skipped: no refresh token that can be read',
  'user-unknown': 'skipped: the user is not here',
}

/** @param source what places in it are called, and why something of it may be left out */
export function createReport(source: { place: 'id' | 'line'; leftOutTexts: Readonly<Record<string, string>> }): Report {
  const users = createTally()
  const changes = createTally()
  const leftOut = createTally()
  const losses = createTally()
  const tokens = createTally()
  const gone = createTally()

  function addUser({ at, outcome }: Told): void {
    users.add(outcome.kind, String(at))
    if (outcome.kind === 'left-out') {
      leftOut.add(outcome.reason, outcome.holder === undefined ? String(at) : `${at} (address of ${outcome.holder})`)
      return
    }
    for (const change of outcome.changes) changes.add(change, String(at))
    for (const loss of outcome.losses) losses.add(loss, String(at))
  }

  function tokenLines(hasTokens: boolean): string[] {
    if (!hasTokens) return ['Refresh tokens: the old database has no tables of them (token_blacklist)']
    const counts = keysOf(tokenTexts).map((kind) => row(tokenTexts[kind], tokens.count(kind)))
    return [`Refresh tokens: ${grouped(tokens.total())} read`, ...counts]
  }

  return {
    addUsers: (told) => told.forEach(addUser),
    addTokens: (outcomes) => {
      for (const { id, kind } of outcomes) tokens.add(kind, String(id))
    },
    addGone: (ids) => {
      for (const id of ids) gone.add('gone', String(id))
    },
    isComplete: () => leftOut.total() === 0 && losses.total() === 0 && gone.total() === 0,
    toLines: ({ hasTokens }) => [
      `Users: ${grouped(users.total())} read`,
      row('new', users.count('new')),
      row('changed', users.count('changed')),
      ...keysOf(changeTexts).map((change) => row(`  ${changeTexts[change]}`, changes.count(change))),
      row('unchanged', users.count('unchanged')),
      row('left out', users.count('left-out')),
      ...explain(leftOut, source.leftOutTexts, source.place),
      ...(losses.total() > 0 ? ['Taken over, but:'] : []),
      ...explain(losses, lossTexts, source.place),
      ...(gone.total() > 0 ? ['Here, but not there any more:'] : []),
      ...explain(gone, goneTexts, source.place),
      ...(hasTokens === undefined ? [] : tokenLines(hasTokens)),
    ],
  }
}

type Tally = ReturnType<typeof createTally>

function createTally() {
  const counts = new Map<string, { count: number; examples: string[] }>()
  return {
    add(key: string, example: string): void {
      const entry = counts.get(key) ?? { count: 0, examples: [] }
      entry.count++
      if (entry.examples.length < EXAMPLES) entry.examples.push(example)
      counts.set(key, entry)
    },
    count: (key: string) => counts.get(key)?.count ?? 0,
    examples: (key: string) => counts.get(key)?.examples ?? [],
    total: () => [...counts.values()].reduce((sum, { count }) => sum + count, 0),
  }
}

function explain<K extends string>(tally: Tally, texts: Readonly<Record<K, string>>, place: string): string[] {
  return keysOf(texts)
    .filter((key) => tally.count(key) > 0)
    .flatMap((key) => {
      const examples = tally.examples(key)
      const more = tally.count(key) > examples.length ? ', …' : ''
      return [row(texts[key], tally.count(key)), `      ${place} ${examples.join(', ')}${more}`]
    })
}

function row(text: string, count: number): string {
  return `${grouped(count).padStart(11)}  ${text}`
}

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record) as K[]
}
