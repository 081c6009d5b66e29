/** `samurai-auth import users`: takes over users from a file, with the password hashes of whatever server they come from. */
import { readFileSync } from 'node:fs'
import type { Lifecycle, PeopleImport, UserOutcome } from '../features/lifecycle/lifecycle.ts'
import { foreignFormats } from '../features/passwords/passwords.ts'
import { exitCodes, readOptions, UsageError } from './command.ts'
import { createReport, leftOutTexts, type Report, type Told } from './import/report.ts'
import { stopOnSignal } from './import/stop-on-signal.ts'
import { readBatchRows, takeAll, tellStopped } from './import/take-all.ts'
import type { FileFormat } from './import-users/records.ts'
import { type Entry, openUserFile, type UserFile } from './import-users/user-file.ts'
import { faultTexts, type HashDefaults, parseObject } from './import-users/user-record.ts'

export type ImportUsersDeps = {
  /** The service that everything goes into; of a dry run nothing is kept. */
  openTarget(options: { dryRun: boolean }): Promise<{ lifecycle: Lifecycle; close(): Promise<void> }>
}

export const importUsersDetails = [
  'The file has a user a line: JSON objects (.jsonl) or CSV with a line of column names (.csv). Fields: email; if you like id,',
  'first_name, last_name, is_active, last_login, email_verified, password_hash; where the hash needs it also password_format',
  `(${foreignFormats.join(', ')}), password_salt, password_params. --password-format and --password-params FILE (a JSON`,
  'object) say it for all lines. docs/how-to/move-from-another-server.md shows every kind of hash.',
  'It is only read. Run it as often as you like: each run takes over what differs. Ctrl-C ends it after the current batch.',
  'With an id a user keeps it; without one the address says who it is. Of lines with one address, in whatever case, the first',
  'one counts and the others are reported. A password used here since stays; nobody is enabled by an import.',
  'Exit code 3: something was left out.',
]

const texts = {
  ...leftOutTexts,
  ...faultTexts,
  'id-taken': 'the id belongs to another person here',
  'address-duplicate': 'an earlier line has this address, perhaps in another spelling (upper and lower case)',
  'id-duplicate': 'an earlier line has this id',
}

export async function importUsers(args: readonly string[], deps: ImportUsersDeps): Promise<number> {
  const { values } = readOptions(args, {
    file: { type: 'string' },
    format: { type: 'string' },
    'password-format': { type: 'string' },
    'password-params': { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    batch: { type: 'string' },
  })
  if (values.file === undefined) throw new UsageError('Say where the users are: --file users.jsonl or users.csv')
  const defaults = readDefaults(values['password-format'], values['password-params'])
  const file = openUserFile(values.file, readFormat(values.format ?? values.file), defaults)
  return run(file, deps, { dryRun: values['dry-run'], batchRows: readBatchRows(values.batch) })
}

/** From the option, or from how the file's name ends. */
function readFormat(text: string): FileFormat {
  if (/(^|\.)csv$/i.test(text)) return 'csv'
  if (/(^|\.)(jsonl|ndjson)$/i.test(text)) return 'jsonl'
  throw new UsageError('Say what the file is: --format jsonl or --format csv')
}

function readDefaults(format = 'text', file: string | undefined): HashDefaults {
  const known = foreignFormats.find((name) => name === format)
  if (!known) throw new UsageError(`--password-format must be one of ${foreignFormats.join(', ')}`)
  const parameters = file === undefined ? {} : parseObject(readFileSync(file, 'utf8'))
  if (!parameters) throw new UsageError('--password-params must name a file that holds a JSON object')
  return { format: known, parameters }
}

type Options = { dryRun: boolean; batchRows: number }

async function run(file: UserFile, deps: ImportUsersDeps, { dryRun, batchRows }: Options): Promise<number> {
  const survey = await file.survey() // before the target is touched
  const target = await deps.openTarget({ dryRun })
  const stop = stopOnSignal()
  const report = createReport({ place: 'line', leftOutTexts: texts })
  try {
    const into = await target.lifecycle.beginImport({ dryRun, highestId: survey.highestId })
    await takeAll('users', survey.lines, file.batches(survey, batchRows), stop, async (batch) =>
      report.addUsers(await takeBatch(into, batch)),
    )
  } finally {
    stop.forget()
    await target.close()
  }
  print(report, dryRun, survey.unknownFields)
  if (stop.code !== undefined) return tellStopped(stop.code)
  return report.isComplete() ? exitCodes.done : exitCodes.incomplete
}

async function takeBatch(into: PeopleImport, batch: readonly Entry[]): Promise<Told[]> {
  const users = batch.flatMap((entry) => ('user' in entry ? [entry.user] : []))
  const outcomes = [...(await into.takeUsers(users))]
  return batch.flatMap((entry): Told[] => {
    if (!('user' in entry)) return [{ at: entry.line, outcome: faultOutcome(entry) }]
    const outcome = outcomes.shift()
    return outcome ? [{ at: entry.line, outcome: toldOutcome(outcome) }] : []
  })
}

function faultOutcome({ fault, firstLine }: Exclude<Entry, { user: unknown }>): Told['outcome'] {
  const isAddress = fault === 'address-duplicate'
  return { kind: 'left-out', reason: fault, ...(isAddress && { holder: `line ${firstLine}` }) }
}

function toldOutcome(outcome: UserOutcome): Told['outcome'] {
  if (outcome.kind !== 'left-out') return outcome
  const { reason, holderId } = outcome
  return { kind: 'left-out', reason, ...(holderId !== undefined && { holder: `user ${holderId}` }) }
}

function print(report: Report, dryRun: boolean, unknownFields: readonly string[]): void {
  if (dryRun) console.log('A dry run: nothing was written. An import would do this:')
  for (const line of report.toLines({})) console.log(line)
  if (unknownFields.length > 0) console.log(`Fields that mean nothing here were ignored: ${unknownFields.join(', ')}`)
}
