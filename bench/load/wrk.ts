/** Runs wrk, the load generator, with one of the two scripts of this folder. */
import { join } from 'node:path'
import { runToEnd } from '../child.ts'

export type Load = {
  requests: number
  seconds: number
  p50Ms: number
  p99Ms: number
  /** Answers of status 400 and above, and connections that broke. */
  refused: number
  broken: number
}

export type Order = {
  url: string
  script: 'rotate' | 'chain'
  connections: number
  linesFile: string
  seconds: number
}

type Words = { requests: number; micros: number; p50: number; p99: number; refused: number; broken: number }

export async function runWrk(order: Order): Promise<Load> {
  const threads = order.script === 'chain' ? order.connections : 1
  const script = join(import.meta.dirname, `${order.script}.lua`)
  const shape = [`-t${threads}`, `-c${order.connections}`, `-d${order.seconds}s`, '--timeout', '10s', '-s', script]
  const output = await runToEnd('wrk', [...shape, order.url, '--', order.linesFile])
  const words: Words = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  return {
    requests: words.requests,
    seconds: words.micros / 1e6,
    p50Ms: words.p50 / 1000,
    p99Ms: words.p99 / 1000,
    refused: words.refused,
    broken: words.broken,
  }
}
