import type { Told } from './consumer.ts'

const UNCONFIRMED_AT_MOST = 256 // enough to keep a broker busy over a network, few to send again
const CONFIRM_MS = 30_000 // a broker that is blocked confirms nothing, for as long as it likes

/**
 * Publishes many at once, but of each user one after the other: none goes out before the one before it is confirmed, so that
 * not even one that was refused comes after its successor.
 *
 * @returns how many, from the first one on, are confirmed, and what went wrong, if anything
 */
export async function publishInOrder(
  events: readonly Told[],
  publish: (told: Told) => Promise<void>,
  until: AbortSignal,
  { confirmMs = CONFIRM_MS } = {},
): Promise<{ taken: number; failure?: unknown }> {
  const isConfirmed = events.map(() => false)
  const lastOfUser = new Map<number, Promise<void>>()
  const late = Promise.withResolvers<never>()
  late.promise.catch(() => {})
  const timer = setTimeout(() => late.reject(new Error('RabbitMQ did not confirm events in time')), confirmMs)
  let underWay = 0
  let onSettled = () => {}
  let failure: unknown

  async function send(told: Told, index: number): Promise<void> {
    underWay++
    try {
      await Promise.race([publish(told), late.promise])
      isConfirmed[index] = true
      timer.refresh()
    } catch (error) {
      failure ??= error
    }
    underWay--
    onSettled()
  }

  /** Until fewer than so many are under way. */
  async function untilFewer(most: number): Promise<void> {
    while (underWay >= most)
      await new Promise<void>((resolve) => {
        onSettled = resolve
      })
  }

  for (const [index, told] of events.entries()) {
    await untilFewer(UNCONFIRMED_AT_MOST)
    if (told.userId !== null) await lastOfUser.get(told.userId)
    if (failure !== undefined || until.aborted) break
    const sent = send(told, index)
    if (told.userId !== null) lastOfUser.set(told.userId, sent)
  }
  await untilFewer(1)
  clearTimeout(timer)
  const unconfirmed = isConfirmed.indexOf(false)
  return { taken: unconfirmed === -1 ? events.length : unconfirmed, ...(failure !== undefined && { failure }) }
}
