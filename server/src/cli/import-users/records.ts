/** Records of a file, one after the other: JSON lines or CSV. Whatever the file, a record of at most 64 KiB is held at a time. */
import { createReadStream } from 'node:fs'
import { fieldNames, type LineFault, parseObject, type UserRecord } from './user-record.ts'

export type FileFormat = 'jsonl' | 'csv'

/** What a line holds, with its number as an editor shows it. */
export type Line = { line: number } & ({ record: UserRecord } | { fault: LineFault })

const MOST_BYTES = 64 * 1024
const NEWLINE = 0x0a

/** @throws Error in a sentence when the file cannot be read at all */
export function readRecords(file: string, format: FileFormat): AsyncGenerator<Line> {
  return format === 'csv' ? readCsv(file) : readJsonLines(file)
}

async function* readJsonLines(file: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 0
  for await (const bytes of readLines(file)) {
    line++
    if (bytes === 'too-long') yield { line, fault: 'line-too-long' }
    else if (bytes.length > 0) yield { line, ...readJson(bytes, decoder) }
  }
}

function readJson(bytes: Buffer, decoder: TextDecoder): { record: UserRecord } | { fault: LineFault } {
  const text = decode(bytes, decoder)
  if (text === undefined) return { fault: 'not-text' }
  const record = parseObject(text)
  return record ? { record } : { fault: 'not-json' }
}

function decode(bytes: Buffer, decoder: TextDecoder): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The lines without their ends. One that is too long is not kept. */
async function* readLines(file: string): AsyncGenerator<Buffer | 'too-long'> {
  let pieces: Buffer[] = []
  let length = 0
  const take = (piece: Buffer) => {
    length += piece.length
    if (length <= MOST_BYTES) pieces.push(piece)
    else pieces = []
  }
  const finish = () => {
    const line = length > MOST_BYTES ? ('too-long' as const) : Buffer.concat(pieces)
    pieces = []
    length = 0
    return line === 'too-long' || line.at(-1) !== 0x0d ? line : line.subarray(0, -1)
  }
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end))
      yield finish()
      start = end + 1
    }
    take(chunk.subarray(start))
  }
  if (length > 0) yield finish()
}

async function* readCsv(file: string): AsyncGenerator<Line> {
  const { parse } = await import('csv-parse') // most installations never read a file
  const parser = createReadStream(file).pipe(
    parse({ bom: true, info: true, max_record_size: MOST_BYTES, relax_column_count: true, skip_empty_lines: true }),
  )
  let columns: readonly string[] | undefined
  try {
    for await (const { record: cells, info } of parser as AsyncIterable<{
      record: string[]
      info: { lines: number }
    }>) {
      if (columns) yield { line: info.lines, ...readRow(columns, cells) }
      else columns = checkedColumns(cells)
    }
  } catch (error) {
    throw brokenCsv(error)
  }
}

function readRow(columns: readonly string[], cells: readonly string[]): { record: UserRecord } | { fault: LineFault } {
  if (cells.length !== columns.length) return { fault: 'not-csv' }
  return { record: Object.fromEntries(columns.map((name, index) => [name, cells[index]])) }
}

function checkedColumns(names: readonly string[]): readonly string[] {
  if (names.includes('email') && new Set(names).size === names.length) return names
  throw new Error(`The first line of a CSV file must name its columns, each once: ${fieldNames.join(', ')}.`)
}

// Behind a stray quote nobody can tell where the next row begins. The survey meets it, before anything was taken over.
function brokenCsv(error: unknown): unknown {
  const { code, lines } = error as { code?: unknown; lines?: unknown }
  if (!String(code).startsWith('CSV_')) return error
  return new Error(`The file is not CSV from line ${lines} on (${code}): nothing was taken over.`, { cause: error })
}
