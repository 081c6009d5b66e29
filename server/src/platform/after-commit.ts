/** What belongs to the end of a transaction: its last statements, and what is done once it has been committed. */

type Ending = { last: (() => Promise<void>)[]; after: (() => void)[] }

const endings = new WeakMap<object, Ending>()

/**
 * Runs `work`, which writes in the transaction, when the transaction has done everything else: for rows that must not be old
 * when they appear.
 *
 * @throws TypeError when `tx` is no transaction of ours
 */
export function beforeCommit(tx: object, work: () => Promise<void>): void {
  const ending = endings.get(tx)
  if (!ending) throw new TypeError('there is no transaction that could end')
  ending.last.push(work)
}

/** Runs `work` after the transaction, or at once where there is none, and not at all when it fails. It must not throw. */
export function afterCommit(tx: object, work: () => void): void {
  const ending = endings.get(tx)
  if (ending) ending.after.push(work)
  else work()
}

/** Runs one transaction with its end. */
export async function withEnding<Tx extends object, T>(
  begin: (work: (tx: Tx) => Promise<T>) => Promise<T>,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const ending: Ending = { last: [], after: [] }
  const result = await begin(async (tx) => {
    endings.set(tx, ending)
    const done = await work(tx)
    for (const each of ending.last) await each()
    return done
  })
  for (const each of ending.after) each()
  return result
}
