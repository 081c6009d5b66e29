/**
 * Asks at a fixed rate, whatever the answers: `node open-loop.ts <url> <bodies-file> <per second> <seconds>`. A request that
 * could not be sent in time counts from when it was due, so that a server that stands still cannot hide it. Before that it asks
 * for a while without counting: connections are made then, its own code is compiled, and another one beside it starts.
 */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export type OpenLoad = { p50Ms: number; p99Ms: number; statuses: Record<string, number> }

const WARM_UP_SECONDS = 2

const [url = '', bodiesFile = '', perSecond = '', seconds = ''] = process.argv.slice(2)
const bodies = readFileSync(bodiesFile, 'utf8').split('\n')
const agent = new Agent({ keepAlive: true, maxSockets: 512 })
const latencies: number[] = []
const statuses: Record<string, number> = {}

function ask(body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const asked = request(url, { method: 'POST', agent, headers })
    asked.on('error', reject)
    asked.on('response', (response) => {
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    })
    asked.end(body)
  })
}

async function askOnce(number: number, dueAt: number): Promise<void> {
  const status = await ask(bodies[number % bodies.length] ?? '')
  if (dueAt < countedFrom) return
  latencies.push(performance.now() - dueAt)
  statuses[status] = (statuses[status] ?? 0) + 1
}

const begun = performance.now()
const countedFrom = begun + 1000 * WARM_UP_SECONDS
const pending: Promise<void>[] = []
for (let number = 0; number < Number(perSecond) * (WARM_UP_SECONDS + Number(seconds)); number++) {
  const dueAt = begun + (1000 * number) / Number(perSecond)
  const early = dueAt - performance.now()
  if (early > 0) await pause(early)
  pending.push(askOnce(number, dueAt))
}
await Promise.all(pending)
agent.destroy()

latencies.sort((one, other) => one - other)
const quantile = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? 0
const load: OpenLoad = { p50Ms: quantile(0.5), p99Ms: quantile(0.99), statuses }
console.log(JSON.stringify(load))
