/** Ctrl-C once: finish the current batch and stop. Twice: end at once; the database undoes the batch. */

export type Stop = {
  /** Undefined until a signal came: then the exit code that tells of it, 128 and the signal's number. */
  readonly code: number | undefined
  /** Signals end the process again. */
  forget(): void
}

const codes = { SIGINT: 130, SIGTERM: 143 } as const
const SAME_SIGNAL_MS = 500 // Ctrl-C may reach us twice: from the terminal, and passed on by the process that started us

export function stopOnSignal(): Stop {
  let code: number | undefined
  let signalledAt = 0
  const note = (signal: keyof typeof codes) => {
    if (code !== undefined && performance.now() - signalledAt > SAME_SIGNAL_MS) process.exit(code)
    if (code === undefined) signalledAt = performance.now()
    code = codes[signal]
  }
  process.on('SIGINT', note)
  process.on('SIGTERM', note)
  return {
    get code() {
      return code
    },
    forget() {
      process.off('SIGINT', note)
      process.off('SIGTERM', note)
    },
  }
}
