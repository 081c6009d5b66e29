import type { Lifecycle } from '../features/lifecycle/lifecycle.ts'

/** Erases the accounts whose owners asked for it, once the delay is over. @returns how many */
export function eraseDeleted({ lifecycle }: { lifecycle: Lifecycle }): Promise<number> {
  return lifecycle.eraseDue()
}
