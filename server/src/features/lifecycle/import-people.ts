import type { LifecycleDeps } from './deps.ts'
import { createImportRun } from './import-run.ts'
import { importTokens, type OldToken, type TokenOutcome } from './import-tokens.ts'
import { importUsers } from './import-users.ts'
import { type FindThere, listGone } from './list-gone.ts'
import type { OldUser, UserOutcome } from './plan-user.ts'

/**
 * One run over everything that the old service kept: all users first, then all tokens. Each batch is one transaction, so it
 * may stop after any of them, and run again at any time: only what differs is written.
 */
export type PeopleImport = {
  takeUsers(batch: readonly OldUser[]): Promise<readonly UserOutcome[]>
  takeTokens(batch: readonly OldToken[]): Promise<readonly TokenOutcome[]>
  /** Who was taken over earlier, may sign in here, and is not there any more. */
  listGone(findThere: FindThere, pageUsers: number): AsyncIterable<readonly number[]>
}

export async function beginImport(
  deps: LifecycleDeps,
  { dryRun, highestId }: { dryRun: boolean; highestId: number },
): Promise<PeopleImport> {
  const run = createImportRun(dryRun)
  // Old tokens name a user by id. An id that was left out or deleted there must not become a new person's here.
  if (!dryRun && highestId > 0) await deps.database.transaction((tx) => deps.users.reserveIds(tx, highestId))
  return {
    takeUsers: (batch) => importUsers(deps, run, batch),
    takeTokens: (batch) => importTokens(deps, run, batch),
    listGone: (findThere, pageUsers) => listGone(deps, findThere, pageUsers),
  }
}
