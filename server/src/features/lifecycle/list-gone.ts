import type { LifecycleDeps } from './deps.ts'

/** Which of these ids, a few thousand at most, the other service knows. */
export type FindThere = (ids: readonly number[]) => Promise<{ has(id: number): boolean }>

/**
 * Ids of users who were taken over, may sign in here, and are not there any more; in order, page by page. What the page of users
 * holds whose ids are asked for is all that is remembered. Nobody is ended: it may be the wrong database that is looked into.
 */
export async function* listGone(
  { users, events }: Pick<LifecycleDeps, 'users' | 'events'>,
  findThere: FindThere,
  pageUsers: number,
): AsyncGenerator<number[]> {
  let after = 0
  for (;;) {
    const page = await users.search({ emailPrefix: '', after, most: pageUsers })
    const ids = page.filter(({ isEnabled }) => isEnabled).map(({ id }) => id)
    const there = await findThere(ids)
    const missing = ids.filter((id) => !there.has(id))
    const takenOver = new Set(await events.listUsersWith('user.imported', missing)) // others came here by themselves
    yield missing.filter((id) => takenOver.has(id))
    if (page.length < pageUsers) return
    after = page.at(-1)?.id ?? after
  }
}
