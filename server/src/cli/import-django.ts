/** `samurai-auth import django`: takes over the users and refresh tokens of the old Django service. */
import type { Lifecycle, OldUser, UserOutcome } from '../features/lifecycle/lifecycle.ts'
import { emailKey } from '../features/users/users.ts'
import { parseDatabaseUrl, type ServerAddress } from '../platform/database-url.ts'
import { exitCodes, readOptions, UsageError } from './command.ts'
import { showProgress } from './import-django/progress.ts'
import { createReport, type Report, type ToldUser } from './import-django/report.ts'
import { type DjangoSource, openDjangoSource } from './import-django/source.ts'
import { type Stop, stopOnSignal } from './import-django/stop-on-signal.ts'

export type ImportDjangoDeps = {
  /** The old service's own variables, when they are set. */
  findSource(): ServerAddress | undefined
  /** The service that everything goes into; of a dry run nothing is kept. */
  openTarget(options: { dryRun: boolean }): Promise<{ lifecycle: Lifecycle; close(): Promise<void> }>
}

const BATCH_ROWS = 1000
const MOST_BATCH_ROWS = 2000 // a batch locks its users' rows: logins of theirs wait for it

export const importDjangoDetails = [
  'Without --from, the old database is the one that MYSQL_DB, MYSQL_USER, MYSQL_PASSWORD, MYSQL_HOST and MYSQL_PORT name.',
  'It is only read. Run it as often as you like: each run takes over what differs. Ctrl-C ends it after the current batch.',
  'The old service decides about names and about who is inactive (disabled and signed out here); this one about passwords used',
  "here since. Nobody is enabled by an import. An id or an address that is somebody else's here is left out and reported.",
  'Exit code 3: something was left out.',
]

export async function importDjango(args: readonly string[], deps: ImportDjangoDeps): Promise<number> {
  const { values } = readOptions(args, {
    from: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    batch: { type: 'string', default: String(BATCH_ROWS) },
  })
  const batchRows = readBatchRows(values.batch)
  const address = values.from === undefined ? deps.findSource() : readSource(values.from)
  if (!address) throw new UsageError('Say where the old database is: --from mysql://user:password@host:3306/name')
  const source = openDjangoSource(address)
  try {
    return await run(source, deps, { dryRun: values['dry-run'], batchRows })
  } finally {
    await source.close()
  }
}

function readBatchRows(text: string): number {
  const rows = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (rows < 1 || rows > MOST_BATCH_ROWS) throw new UsageError(`--batch must be from 1 to ${MOST_BATCH_ROWS} rows.`)
  return rows
}

function readSource(text: string): ServerAddress {
  try {
    const address = parseDatabaseUrl(text)
    if (address.kind === 'mysql') return address
  } catch (error) {
    // What is wrong with the address is not repeated: it holds a password.
    if (!(error instanceof TypeError || error instanceof URIError)) throw error
  }
  throw new UsageError('--from must be an address such as mysql://user:password@host:3306/name')
}

type Options = { dryRun: boolean; batchRows: number }

async function run(source: DjangoSource, deps: ImportDjangoDeps, { dryRun, batchRows }: Options): Promise<number> {
  const survey = await source.survey() // before the target is touched
  const target = await deps.openTarget({ dryRun })
  const stop = stopOnSignal()
  const report = createReport()
  try {
    const into = await target.lifecycle.beginImport({ dryRun, highestId: survey.highestId })
    await takeAll('users', survey.users, source.users(batchRows), stop, async (batch) =>
      report.addUsers(await tellDuplicates(source, batch, await into.takeUsers(batch))),
    )
    await takeAll('refresh tokens', survey.tokens, source.tokens(batchRows), stop, async (batch) =>
      report.addTokens(await into.takeTokens(batch)),
    )
  } finally {
    stop.forget()
    await target.close()
  }
  print(report, dryRun, survey.tokens !== undefined)
  if (stop.code !== undefined) return tellStopped(stop.code)
  return report.isComplete() ? exitCodes.done : exitCodes.incomplete
}

/** Batch after batch, until there is none or a signal came. `total` undefined: there is no such table. */
async function takeAll<Batch extends readonly unknown[]>(
  what: string,
  total: number | undefined,
  batches: AsyncIterable<Batch>,
  stop: Stop,
  take: (batch: Batch) => Promise<void>,
): Promise<void> {
  if (total === undefined || stop.code !== undefined) return
  const progress = showProgress(what, total)
  try {
    for await (const batch of batches) {
      await take(batch)
      progress.advance(batch.length)
      if (stop.code !== undefined) return
    }
  } finally {
    progress.end()
  }
}

/** Of addresses that are taken: whether the other one is a user of the old service too, or only of this one. */
async function tellDuplicates(
  source: DjangoSource,
  batch: readonly OldUser[],
  outcomes: readonly UserOutcome[],
): Promise<ToldUser[]> {
  const holders = outcomes.flatMap((outcome) => ('holderId' in outcome && outcome.holderId ? [outcome.holderId] : []))
  if (holders.length === 0) return [...outcomes]
  const emailOf = await source.findEmails(holders)
  const keyOf = new Map(batch.map(({ id, email }) => [id, emailKey(email)]))
  return outcomes.map((outcome) => {
    if (!('holderId' in outcome) || outcome.holderId === undefined) return outcome
    const holderEmail = emailOf.get(outcome.holderId)
    const isDuplicate = holderEmail !== undefined && emailKey(holderEmail) === keyOf.get(outcome.id)
    return isDuplicate ? { ...outcome, reason: 'address-duplicate' } : outcome
  })
}

function print(report: Report, dryRun: boolean, hasTokens: boolean): void {
  if (dryRun) console.log('A dry run: nothing was written. An import would do this:')
  for (const line of report.toLines({ hasTokens })) console.log(line)
}

function tellStopped(code: number): number {
  console.error('Stopped between two batches. Run the same command again to go on: nothing is done twice.')
  return code
}
