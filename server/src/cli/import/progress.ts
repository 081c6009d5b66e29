/** How far a long piece of work has come: a bar on a terminal, now and then a plain line elsewhere. */

export type Progress = {
  /** So many more rows are done. */
  advance(rows: number): void
  /** Shows where it ended. */
  end(): void
}

const PLAIN_LINE_MS = 5_000
const BAR_MS = 100
const BAR_CHARACTERS = 24

/** @param what the rows, in the plural */
export function showProgress(what: string, total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedAt = performance.now()
  let done = 0
  let shownAt = Number.NEGATIVE_INFINITY
  let shown = -1

  function show(): void {
    const now = performance.now()
    const line = progressLine(what, done, Math.max(done, total), now - startedAt)
    shownAt = now
    shown = done
    if (!stream.isTTY) stream.write(`${line}\n`)
    else stream.write(`\r${progressBar(done, Math.max(done, total))} ${line}\x1b[K`)
  }

  return {
    advance(rows) {
      done += rows
      if (performance.now() - shownAt >= (stream.isTTY ? BAR_MS : PLAIN_LINE_MS)) show()
    },
    end() {
      if (shown < done || done === 0) show()
      if (stream.isTTY) stream.write('\n')
    },
  }
}

/** `users: 45,000 of 100,000, 12,300/s, 5 s left` */
export function progressLine(what: string, done: number, total: number, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const left = done < total && perSecond > 0 ? [`${durationText((total - done) / perSecond)} left`] : []
  return [`${what}: ${grouped(done)} of ${grouped(total)}`, `${grouped(Math.round(perSecond))}/s`, ...left].join(', ')
}

export function progressBar(done: number, total: number): string {
  const filled = total === 0 ? BAR_CHARACTERS : Math.floor((done / total) * BAR_CHARACTERS)
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_CHARACTERS - filled)}]`
}

export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
