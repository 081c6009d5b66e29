import type { Keys } from '../features/keys/keys.ts'

/** Makes, promotes and retires signing keys when that is due. @returns how many steps were taken */
export async function rotateKeys({ keys }: { keys: Keys }): Promise<number> {
  return (await keys.rotate('when-due')).length
}
