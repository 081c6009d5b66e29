/** One thing to do later: set again, it is done at the new time only; closed, never. */
export type Timer = { set(milliseconds: number, act: () => void): void; clear(): void; close(): void }

const MOST_MS = 2 ** 31 - 1 // what setTimeout can count

export function createTimer(): Timer {
  let id: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  const clear = () => clearTimeout(id)
  return {
    set(milliseconds, act) {
      clear()
      if (!isClosed) id = setTimeout(act, Math.min(milliseconds, MOST_MS))
    },
    clear,
    close() {
      isClosed = true
      clear()
    },
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
