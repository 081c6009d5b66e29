/** The primary process of a real cluster is this test; its worker processes run this file again. */
import assert from 'node:assert/strict'
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { clusterSiblings, noSiblings, relaySiblings, type SiblingMessage } from './siblings.ts'

type Order = { do: 'tell'; message: SiblingMessage } | { do: 'report' }
type Report = { heard: SiblingMessage[]; milliseconds: number }

const ENDED = { topic: 'sessions-ended', body: [{ sessionId: 'abc', expiresAt: 1 }] }
const PATIENCE_MS = 250

if (cluster.isWorker) obey()
else {
  cluster.setupPrimary({ exec: import.meta.filename })
  relaySiblings()
  testTogether()
}

function testTogether(): void {
  test('whoever is told resolves when every sibling has heard it', async (t) => {
    const [teller, ...others] = await startWorkers(t, 3)
    const { heard } = await order(teller, { do: 'tell', message: ENDED })
    assert.deepEqual(heard, [], 'the teller knows it already')
    for (const other of others) assert.deepEqual((await order(other, { do: 'report' })).heard, [ENDED])
  })

  test('nobody waits longer than that', async (t) => {
    const [teller] = await startWorkers(t, 3)
    assert.ok((await fastestOf(5, teller)) < PATIENCE_MS)
  })

  test('each of many messages is heard by everybody, once and in order', async (t) => {
    const [first, second, third] = await startWorkers(t, 3)
    const messages = Array.from({ length: 50 }, (_, number) => ({ topic: 'numbers', body: number }))
    await Promise.all(messages.map((message) => order(first, { do: 'tell', message })))
    for (const other of [second, third]) assert.deepEqual((await order(other, { do: 'report' })).heard, messages)
  })

  test('a sibling that hangs delays nobody for long, and hears it when it goes on', async (t) => {
    const [teller, hanging] = await startWorkers(t, 2)
    hanging.process.kill('SIGSTOP')
    const { milliseconds } = await order(teller, { do: 'tell', message: ENDED })
    hanging.process.kill('SIGCONT')
    assert.ok(milliseconds >= PATIENCE_MS * 0.9 && milliseconds < PATIENCE_MS * 10, `${milliseconds} ms`)
    assert.deepEqual((await order(hanging, { do: 'report' })).heard, [ENDED])
  })

  test('siblings that are killed in the middle of it harm nobody', async (t) => {
    const [teller, ...others] = await startWorkers(t, 4)
    const told = Array.from({ length: 200 }, () => order(teller, { do: 'tell', message: ENDED }))
    const [killedAtOnce, killedLater, survivor] = others
    killedAtOnce?.process.kill('SIGKILL')
    await told[20]
    killedLater?.process.kill('SIGKILL')
    await Promise.all(told)
    assert.equal((await order(survivor, { do: 'report' })).heard.length, 200)
    assert.ok((await fastestOf(5, teller)) < PATIENCE_MS)
  })

  test('a teller without siblings waits for nobody', async (t) => {
    const [alone] = await startWorkers(t, 1)
    assert.ok((await fastestOf(5, alone)) < PATIENCE_MS)
  })

  test('a process that is no part of a cluster has no siblings', async () => {
    noSiblings.listen(() => assert.fail('nobody speaks'))
    await noSiblings.tell(ENDED)
  })
}

type Workers = [Worker, Worker, Worker, ...Worker[]]

async function startWorkers(t: TestContext, count: number): Promise<Workers> {
  const workers = Array.from({ length: count }, () => cluster.fork())
  t.after(async () => {
    const living = workers.filter((worker) => !worker.isDead())
    for (const worker of living) worker.process.kill('SIGKILL')
    await Promise.all(living.map((worker) => once(worker, 'exit')))
  })
  await Promise.all(workers.map((worker) => order(worker, { do: 'report' })))
  return workers as Workers
}

let orders = 0

async function order(worker: Worker | undefined, what: Order): Promise<Report> {
  assert.ok(worker)
  const id = ++orders
  const { promise, resolve } = Promise.withResolvers<Report>()
  const listen = (answer: { id: number; report: Report }) => answer.id === id && answer.report && resolve(answer.report)
  worker.on('message', listen).send({ id, ...what })
  return promise.finally(() => worker.off('message', listen))
}

/** @returns the milliseconds of the fastest of several times that a message was told: the machine may be busy */
async function fastestOf(times: number, teller: Worker): Promise<number> {
  const all: number[] = []
  for (let time = 0; time < times; time++) all.push((await order(teller, { do: 'tell', message: ENDED })).milliseconds)
  return Math.min(...all)
}

function obey(): void {
  const heard: SiblingMessage[] = []
  const siblings = clusterSiblings()
  siblings.listen((message) => heard.push(message))
  process.on('message', async (message: { id: number } & Order) => {
    const startedAt = performance.now()
    if (message.do === 'tell') await siblings.tell(message.message)
    const report = { heard, milliseconds: performance.now() - startedAt }
    if (message.do) process.send?.({ id: message.id, report })
  })
}
