import type { TestModeDeps } from './deps.ts'
import { emptyTables } from './store.ts'

const AT_ONCE = 100

/**
 * Users are erased one by one, as an operator does it, so that the tokens that tests still hold are refused at once. Then every
 * table of what people do is emptied.
 */
export async function reset({ database, users, lifecycle }: TestModeDeps): Promise<number> {
  let erased = 0
  for (;;) {
    const some = await users.search({ emailPrefix: '', after: 0, most: AT_ONCE })
    for (const { id } of some) if (await lifecycle.erase(id)) erased++
    if (some.length < AT_ONCE) break
  }
  await database.transaction(emptyTables)
  return erased
}
