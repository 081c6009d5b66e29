/**
 * `npm run bench:events`: what events cost, on MariaDB with durable commits and a real RabbitMQ. Logins while 1,000 events a
 * second are appended, against logins without; and how fast events get their places and reach RabbitMQ. README.md says how to
 * read it. `--rounds N` (5); `--strict`: code 1 if a target was not met.
 */
import type { TestContext } from 'node:test'
import { parseArgs } from 'node:util'
import { startBroker } from '../server/test/broker.ts'
import { startMariadb } from '../server/test/database-servers.ts'
import { measureLogins } from './events/logins.ts'
import { measureRelay } from './events/relay.ts'
import { type EventsResult, judgeEvents, writeEventsReport } from './events/report.ts'
import { keep } from './keep.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { wholeNumber } from './options.ts'
import { serverOf } from './row-counts.ts'
import { isMissed } from './verdicts.ts'

const WORTH_KEEPING = 5

const options = {
  rounds: { type: 'string', default: String(WORTH_KEEPING) },
  strict: { type: 'boolean', default: false },
} as const
const { values } = parseArgs({ options })
const rounds = wholeNumber('rounds', values.rounds)

const result = await measureAll()
const report = writeEventsReport(result)
if (rounds >= WORTH_KEEPING) keep('events', result, report)
console.log(report)
if (values.strict && judgeEvents(result).some(isMissed)) process.exitCode = 1

async function measureAll(): Promise<EventsResult> {
  const ends: (() => unknown)[] = []
  const lifetime = { after: (end: () => unknown) => void ends.unshift(end) } as unknown as TestContext
  const mariadb = await startMariadb({ durable: true })
  lifetime.after(mariadb.stop)
  try {
    const broker = await startBroker()
    lifetime.after(broker.stop)
    const place = { lifetime, mariadb, broker }
    const { version } = await serverOf((await mariadb.createDatabase()).url)
    return {
      at: new Date().toISOString(),
      commit: describeCommit(),
      machine: describeMachine(version),
      logins: await measureLogins(place, rounds),
      relay: await measureRelay(place, rounds),
    }
  } finally {
    for (const end of ends) await end()
  }
}
