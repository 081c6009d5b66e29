/**
 * `npm run bench:revocation`: how long a token of an ended session is still taken, by two processes and a verifier of
 * sdk/verify. README.md says how to read it. `--ends N` sessions are ended in each arrangement (300); `--strict`: code 1 if the
 * target was not met.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startMariadb } from '../server/test/database-servers.ts'
import { keep } from './keep.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { wholeNumber } from './options.ts'
import { registerPeople } from './people.ts'
import { type Arrangement, arrangements, deploy } from './revocation/deployment.ts'
import { measureEnds } from './revocation/measure-ends.ts'
import { findPlaces } from './revocation/places.ts'
import { isMet, type RevocationResult, writeRevocationReport } from './revocation/report.ts'
import { serverOf } from './row-counts.ts'

const WORTH_KEEPING = 300 // the 99th of a hundred is one end; of three hundred it is three

const options = {
  ends: { type: 'string', default: String(WORTH_KEEPING) },
  strict: { type: 'boolean', default: false },
} as const
const { values } = parseArgs({ options })
const ends = wholeNumber('ends', values.ends)

const result = await measureAll()
if (ends >= WORTH_KEEPING) keepAndPublish(result)
console.log(writeRevocationReport(result))
if (values.strict && !result.arrangements.every(isMet)) process.exitCode = 1

async function measureAll(): Promise<RevocationResult> {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-revocation-'))
  const mariadb = await startMariadb({ durable: true })
  try {
    const measured: RevocationResult['arrangements'][number][] = []
    for (const name of arrangements) {
      const { url } = await mariadb.createDatabase(`revocation_${name}`)
      measured.push(await measure(name, folder, url))
    }
    const { version } = await serverOf((await mariadb.createDatabase('revocation_stage')).url)
    const at = new Date().toISOString()
    return { at, commit: describeCommit(), machine: describeMachine(version), arrangements: measured }
  } finally {
    await mariadb.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(name: Arrangement, folder: string, databaseUrl: string) {
  const deployment = await deploy(name, folder, databaseUrl)
  try {
    const [address = ''] = deployment.addresses
    await registerPeople(address)
    const places = await findPlaces(deployment)
    console.error(`${name}: ${places.map((place) => place.name).join(', ')}`)
    const delays = await measureEnds(address, places, ends)
    for (const place of places) place.close()
    return { name, places: places.map((place) => place.name), delays }
  } finally {
    await deployment.stop()
  }
}

/** The latest is a page of the reference, too. */
function keepAndPublish(kept: RevocationResult): void {
  const report = writeRevocationReport(kept)
  keep('revocation', kept, report)
  const origin =
    'Made by `npm run bench:revocation`; not to be edited. How it is measured: [bench/README.md](../../bench/README.md).'
  const page = ['# Revocation delay', origin, report.replace(/^#/gm, '##')].join('\n\n')
  writeFileSync(join(import.meta.dirname, '../docs/reference/revocation-delay.md'), `${page}\n`)
}
