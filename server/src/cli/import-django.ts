/** `samurai-auth import django`: takes over the users and refresh tokens of the old Django service. */
import type { Lifecycle, PeopleImport, UserOutcome } from '../features/lifecycle/lifecycle.ts'
import { emailKey } from '../features/users/users.ts'
import { parseDatabaseUrl, type ServerAddress } from '../platform/database-url.ts'
import { exitCodes, readOptions, UsageError } from './command.ts'
import { createReport, leftOutTexts, type Report, type Told } from './import/report.ts'
import { type Stop, stopOnSignal } from './import/stop-on-signal.ts'
import { readBatchRows, takeAll, tellStopped } from './import/take-all.ts'
import { type DjangoSource, type DjangoUser, openDjangoSource } from './import-django/source.ts'

export type ImportDjangoDeps = {
  /** The old service's own variables, when they are set. */
  findSource(): ServerAddress | undefined
  /** The service that everything goes into; of a dry run nothing is kept. */
  openTarget(options: { dryRun: boolean }): Promise<{ lifecycle: Lifecycle; close(): Promise<void> }>
}

const texts = {
  ...leftOutTexts,
  'address-duplicate': 'another user of the old service has this address in another spelling (upper and lower case)',
}

export const importDjangoDetails = [
  'Without --from, the old database is the one that MYSQL_DB, MYSQL_USER, MYSQL_PASSWORD, MYSQL_HOST and MYSQL_PORT name.',
  'It is only read. Run it as often as you like: each run takes over what differs. Ctrl-C ends it after the current batch.',
  'The old service decides about names and about who is inactive (disabled and signed out here); this one about passwords used',
  'here since. An import enables nobody, and brings nobody back who was erased here. An id or an address that is somebody',
  "else's here is left out and reported.",
  'Who was taken over by an earlier run and is not there any more is reported, and not touched.',
  'Exit code 3: something was left out, or somebody is here who is not there any more.',
]

export async function importDjango(args: readonly string[], deps: ImportDjangoDeps): Promise<number> {
  const { values } = readOptions(args, {
    from: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    batch: { type: 'string' },
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
  const report = createReport({ place: 'id', leftOutTexts: texts })
  try {
    const into = await target.lifecycle.beginImport({ dryRun, highestId: survey.highestId })
    await takeAll('users', survey.users, source.users(batchRows), stop, async (batch) =>
      report.addUsers(await tellDuplicates(source, batch, await into.takeUsers(batch))),
    )
    await takeAll('refresh tokens', survey.tokens, source.tokens(batchRows), stop, async (batch) =>
      report.addTokens(await into.takeTokens(batch)),
    )
    await tellGone(source, into, report, { stop, batchRows })
  } finally {
    stop.forget()
    await target.close()
  }
  print(report, dryRun, survey.tokens !== undefined)
  if (stop.code !== undefined) return tellStopped(stop.code)
  return report.isComplete() ? exitCodes.done : exitCodes.incomplete
}

/** Somebody who was deleted there after an earlier run would otherwise live on here, and nobody would know. */
async function tellGone(
  source: DjangoSource,
  into: PeopleImport,
  report: Report,
  { stop, batchRows }: { stop: Stop; batchRows: number },
): Promise<void> {
  for await (const ids of into.listGone(source.findEmails, batchRows)) {
    if (stop.code !== undefined) return
    report.addGone(ids)
  }
}

/** Of addresses that are taken: whether the other one is a user of the old service too, or only of this one. */
async function tellDuplicates(
  source: DjangoSource,
  batch: readonly DjangoUser[],
  outcomes: readonly UserOutcome[],
): Promise<Told[]> {
  const holders = outcomes.flatMap((outcome) => ('holderId' in outcome && outcome.holderId ? [outcome.holderId] : []))
  const emailOf = holders.length === 0 ? new Map<number, string>() : await source.findEmails(holders)
  return batch.flatMap(({ id, email }, index) => {
    const outcome = outcomes[index]
    return outcome ? [{ at: id, outcome: toldOutcome(outcome, emailKey(email), emailOf) }] : []
  })
}

function toldOutcome(outcome: UserOutcome, key: string, emailOf: ReadonlyMap<number, string>): Told['outcome'] {
  if (outcome.kind !== 'left-out') return outcome
  const { reason, holderId } = outcome
  if (holderId === undefined) return { kind: 'left-out', reason }
  const isDuplicate = emailKey(emailOf.get(holderId) ?? '') === key
  return { kind: 'left-out', reason: isDuplicate ? 'address-duplicate' : reason, holder: String(holderId) }
}

function print(report: Report, dryRun: boolean, hasTokens: boolean): void {
  if (dryRun) console.log('A dry run: nothing was written. An import would do this:')
  for (const line of report.toLines({ hasTokens })) console.log(line)
}
