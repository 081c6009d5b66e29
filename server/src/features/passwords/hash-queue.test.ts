import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Refusal } from '../../platform/refusal.ts'
import { createHashQueue } from './hash-queue.ts'

/** A piece of work that ends when it is told to. */
function piece(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const work = () => {
    log.push(name)
    return promise
  }
  return { work, finish: () => resolve(name), fail: (error: Error) => reject(error) }
}

function tooBusy(retryAfterSeconds: number) {
  return (error: unknown) => {
    assert.ok(error instanceof Refusal)
    assert.equal(error.code, 'too-busy')
    assert.deepEqual(error.facts, { retryAfterSeconds })
    return true
  }
}

describe('the hash queue', () => {
  it('runs so many at a time and the others in the order of their coming', async () => {
    const started: string[] = []
    const queue = createHashQueue({ now: () => 0 }, { concurrency: 2, waiting: 3 })
    const pieces = ['a', 'b', 'c', 'd', 'e'].map((name) => piece(started, name))
    const results = pieces.map(({ work }) => queue.run(work))
    await turn()
    assert.deepEqual(started, ['a', 'b'])
    pieces[1]?.finish()
    await turn()
    assert.deepEqual(started, ['a', 'b', 'c'])
    for (const { finish } of pieces) finish()
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual(started, ['a', 'b', 'c', 'd', 'e'])
  })

  it('lets nobody overtake whoever waits, even at the moment when a slot is handed on', async () => {
    const started: string[] = []
    const queue = createHashQueue({ now: () => 0 }, { concurrency: 1, waiting: 2 })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => piece(started, name)) as [Piece, Piece, Piece]
    const first = queue.run(a.work)
    const second = queue.run(b.work)
    const third = first.then(() => queue.run(c.work))
    a.finish()
    await first
    await turn()
    assert.deepEqual(started, ['a', 'b'])
    b.finish()
    c.finish()
    await Promise.all([second, third])
    assert.deepEqual(started, ['a', 'b', 'c'])
  })

  it('refuses when too many wait, and takes more when they are done', async () => {
    const started: string[] = []
    const queue = createHashQueue({ now: () => 0 }, { concurrency: 1, waiting: 1 })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => piece(started, name)) as [Piece, Piece, Piece]
    queue.expectRoom()
    const accepted = [queue.run(a.work), queue.run(b.work)]
    await assert.rejects(queue.run(c.work), tooBusy(1))
    assert.throws(queue.expectRoom, tooBusy(1))
    a.finish()
    b.finish()
    c.finish()
    await Promise.all(accepted)
    queue.expectRoom()
    assert.equal(await queue.run(c.work), 'c')
    assert.deepEqual(started, ['a', 'b', 'c'])
  })

  it('takes nobody to wait when it has no places', async () => {
    const queue = createHashQueue({ now: () => 0 }, { concurrency: 1, waiting: 0 })
    const a = piece([], 'a')
    const accepted = queue.run(a.work)
    await assert.rejects(queue.run(a.work), tooBusy(1))
    a.finish()
    assert.equal(await accepted, 'a')
  })

  it('gives the slot on when the work fails', async () => {
    const queue = createHashQueue({ now: () => 0 }, { concurrency: 1, waiting: 1 })
    const a = piece([], 'a')
    const failing = queue.run(a.work)
    const next = queue.run(async () => 'next')
    a.fail(new Error('out of memory'))
    await assert.rejects(failing, /out of memory/)
    assert.equal(await next, 'next')
  })

  it('tells how long the waiting ones will take: their number times the recent mean, over the slots', async () => {
    let now = 0
    const queue = createHashQueue({ now: () => now }, { concurrency: 2, waiting: 5 })
    await queue.run(async () => {
      now += 2_400
    })
    const pieces = Array.from({ length: 7 }, () => piece([], 'x'))
    const accepted = pieces.map(({ work }) => queue.run(work))
    await assert.rejects(
      queue.run(async () => 'refused'),
      tooBusy(6),
    ) // 5 · 2.4 s / 2
    for (const { finish } of pieces) finish()
    await Promise.all(accepted)
  })

  it('is not confused by a clock that is set back', async () => {
    let now = 100_000
    const queue = createHashQueue({ now: () => now }, { concurrency: 1, waiting: 1 })
    await queue.run(async () => {
      now = 0
    })
    const pieces = [piece([], 'a'), piece([], 'b')]
    const accepted = pieces.map(({ work }) => queue.run(work))
    await assert.rejects(
      queue.run(async () => 'refused'),
      tooBusy(1),
    )
    for (const { finish } of pieces) finish()
    await Promise.all(accepted)
  })
})

type Piece = ReturnType<typeof piece>
