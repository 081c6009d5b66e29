/**
 * Cores that one of several processes hashes on: at most one hash a core at a time, over all of them. Where there are more
 * processes than cores each has one all the same, since a process that may not hash lets nobody in.
 */
export function coresOfProcess(cores: number, processes: number): number {
  return Math.max(1, Math.floor(cores / processes))
}
