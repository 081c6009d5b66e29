/** What is done once a transaction has been committed, and not at all when it fails: rows that others should look at now. */

const waiting = new WeakMap<object, (() => void)[]>()

/** Runs `work` after the transaction, or at once where there is none. It must not throw. */
export function afterCommit(tx: object, work: () => void): void {
  const list = waiting.get(tx)
  if (list) list.push(work)
  else work()
}

/** Runs one transaction, and then what was put off until after it. */
export async function tellingAfter<Tx extends object, T>(
  begin: (work: (tx: Tx) => Promise<T>) => Promise<T>,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const list: (() => void)[] = []
  const result = await begin((tx) => {
    waiting.set(tx, list)
    return work(tx)
  })
  for (const each of list) each()
  return result
}
