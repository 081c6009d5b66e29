/** Where a reader of the revocation feed stands, as text that means nothing to anybody but us. */

export type FeedCursor = {
  /** Everything up to this row was told; while the pages go on, will have been when they end. */
  row: number
  /** While the pages go on: the row of the last entry that was told. */
  at: number | undefined
  /** The same as `row`, but counted in what the process learnt that told it: what appears late among older rows is above it. */
  number: number
  /** Which process that is. To others the number says nothing. */
  process: string
}

const SHAPE = /^(\d{1,15})\.(\d{0,15})\.(\d{1,15})\.([\da-f]{12})$/

export function writeCursor({ row, at, number, process }: FeedCursor): string {
  return `${row}.${at ?? ''}.${number}.${process}`
}

/** Undefined for a text that nobody was given. */
export function readCursor(text: string | undefined): FeedCursor | undefined {
  const [, row, at, number, process = ''] = SHAPE.exec(text ?? '') ?? []
  if (row === undefined) return undefined
  return { row: Number(row), at: at === '' ? undefined : Number(at), number: Number(number), process }
}
