/** A file of users, read twice: once to count and to find what occurs twice in it, once to take it over in batches. */
import type { OldUser } from '../../features/lifecycle/lifecycle.ts'
import { emailKey } from '../../features/users/users.ts'
import { type FileFormat, type Line, readRecords } from './records.ts'
import { createRepeats } from './repeats.ts'
import { fieldNames, type HashDefaults, type LineFault, readRecord } from './user-record.ts'

/** Why a line is left out before anybody looks into the database. */
export type FileFault = LineFault | 'address-duplicate' | 'id-duplicate'

export type Entry = { line: number } & (
  | { user: OldUser }
  | {
      fault: FileFault
      /** The first line with the same address or id. */
      firstLine?: number
    }
)

export type Survey = {
  lines: number
  highestId: number
  /** Names of fields that mean nothing here, as far as there is room for them. */
  unknownFields: readonly string[]
  /** Whether more than one line may have this address, or this id. */
  isRepeated(key: string): boolean
}

export type UserFile = {
  survey(): Promise<Survey>
  /** Everybody in order; of lines with one address, or one id, the first one counts. */
  batches(survey: Survey, rows: number): AsyncGenerator<Entry[]>
}

const MOST_UNKNOWN_FIELDS = 20

export function openUserFile(file: string, format: FileFormat, defaults: HashDefaults): UserFile {
  async function* entries(): AsyncGenerator<{ entry: Entry; names: readonly string[] }> {
    for await (const line of readRecords(file, format)) {
      yield { entry: toEntry(line, defaults), names: 'record' in line ? Object.keys(line.record) : [] }
    }
  }

  async function survey(): Promise<Survey> {
    const repeats = createRepeats()
    const unknownFields = new Set<string>()
    let lines = 0
    let highestId = 0
    for await (const { entry, names } of entries()) {
      lines++
      for (const name of names) {
        if (!fieldNames.includes(name) && unknownFields.size < MOST_UNKNOWN_FIELDS) unknownFields.add(name)
      }
      if (!('user' in entry)) continue
      for (const key of keysOf(entry.user)) repeats.add(key)
      if (Number.isSafeInteger(entry.user.id)) highestId = Math.max(highestId, entry.user.id ?? 0)
    }
    return { lines, highestId, unknownFields: [...unknownFields], isRepeated: repeats.find() }
  }

  async function* batches({ isRepeated }: Survey, rows: number): AsyncGenerator<Entry[]> {
    const firstLineOf = new Map<string, number>() // of those that occur twice, so it stays small
    let batch: Entry[] = []
    for await (const { entry } of entries()) {
      batch.push(markRepeated(entry, isRepeated, firstLineOf))
      if (batch.length < rows) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  return { survey, batches }
}

function toEntry(line: Line, defaults: HashDefaults): Entry {
  if ('fault' in line) return line
  return { line: line.line, ...readRecord(line.record, defaults) }
}

function keysOf({ id, email }: OldUser): string[] {
  return [`email ${emailKey(email)}`, ...(id === undefined ? [] : [`id ${id}`])]
}

function markRepeated(entry: Entry, isRepeated: (key: string) => boolean, firstLineOf: Map<string, number>): Entry {
  if (!('user' in entry)) return entry
  const { line } = entry
  const keys = keysOf(entry.user).filter(isRepeated)
  const repeated = keys.find((key) => firstLineOf.has(key))
  if (repeated !== undefined) {
    const fault = repeated.startsWith('id ') ? 'id-duplicate' : 'address-duplicate'
    return { line, fault, firstLine: firstLineOf.get(repeated) ?? 0 }
  }
  for (const key of keys) firstLineOf.set(key, line)
  return entry
}
