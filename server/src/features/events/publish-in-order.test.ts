import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Told } from './consumer.ts'
import { publishInOrder } from './publish-in-order.ts'

const told = (sequence: number, userId: number | null): Told => ({ sequence, userId, event: {} as Told['event'] })
const events = [told(1, 7), told(2, 8), told(3, 7), told(4, null), told(5, null), told(6, 8)]
const never = new AbortController().signal

test('of a user one goes out after the other is confirmed; those of others, and of nobody, do not wait', async () => {
  const open = new Map<number, () => void>()
  const sent: number[] = []
  const published = publishInOrder(
    events.filter(({ userId }) => userId !== 8),
    ({ sequence }) => {
      sent.push(sequence)
      return new Promise((resolve) => open.set(sequence, resolve))
    },
    never,
  )
  await turn()
  assert.deepEqual(sent, [1])
  open.get(1)?.()
  await turn()
  assert.deepEqual(sent, [1, 3, 4, 5])
  for (const sequence of [5, 4, 3]) open.get(sequence)?.()
  assert.deepEqual(await published, { taken: 4 })
})

test('after one that is refused none of the user goes out, and only what came before counts', async () => {
  const refusal = new Error('no')
  const sent: number[] = []
  const { taken, failure } = await publishInOrder(
    events,
    async ({ sequence }) => {
      sent.push(sequence)
      if (sequence === 1) throw refusal
    },
    never,
  )
  assert.deepEqual([taken, failure], [0, refusal])
  assert.ok(!sent.includes(3))
})

test('when nothing is confirmed in time it gives up', async () => {
  const { taken, failure } = await publishInOrder(events, () => new Promise(() => {}), never, { confirmMs: 20 })
  assert.equal(taken, 0)
  assert.match(String(failure), /in time/)
})

test('told to stop, it finishes what is under way and begins nothing', async () => {
  assert.deepEqual(await publishInOrder(events, async () => {}, AbortSignal.abort()), { taken: 0 })
})

test('no more than a bounded number is unconfirmed', async () => {
  let open = 0
  let most = 0
  const many = Array.from({ length: 1000 }, (_, index) => told(index, null))
  const { taken } = await publishInOrder(
    many,
    async () => {
      most = Math.max(most, ++open)
      await turn()
      open--
    },
    never,
  )
  assert.deepEqual([taken, most], [1000, 256])
})
