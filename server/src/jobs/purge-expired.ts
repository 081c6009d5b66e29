import type { Limits } from '../features/limits/limits.ts'
import type { Sessions } from '../features/sessions/sessions.ts'

const KEPT_MS = 7 * 24 * 3_600_000 // a week, for whoever looks into what happened

/** Sessions and revocations that expired over a week ago go, and what limits have forgotten. @returns how many rows */
export async function purgeExpired({ sessions, limits }: { sessions: Sessions; limits: Limits }): Promise<number> {
  return Number(await sessions.purge(KEPT_MS)) + (await limits.purge())
}
