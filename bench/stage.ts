/** Everything that runs during a benchmark: MariaDB with durable commits, and the contenders on it, side by side. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMariadb } from '../server/test/database-servers.ts'
import { comeToRest } from './measure.ts'
import { registerPeople } from './people.ts'
import { cpuMsOf, type Memory, memoryOf } from './processes.ts'
import { serverOf } from './row-counts.ts'
import { type ContenderName, contenders, type Place, type Service, startService } from './services.ts'

type Mariadb = Awaited<ReturnType<typeof startMariadb>>

export type Stage = {
  /** A scratch folder. */
  folder: string
  services: readonly Service[]
  /** Memory of each service before its first request. */
  idle: Partial<Record<ContenderName, Memory>>
  mariadb: { pid: number; version: string }
  /** The processes of all of them. */
  allPids(): number[]
  close(): Promise<void>
}

/** Starts what is asked for and registers the users; what fails on the way takes everything down again. */
export async function openStage(names: readonly ContenderName[], processes: number): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-bench-'))
  const mariadb = await startMariadb({ durable: true })
  const services: Service[] = []
  const close = async () => {
    for (const service of services) await service.stop()
    await mariadb.stop()
    rmSync(folder, { recursive: true })
  }
  try {
    for (const name of names) services.push(await enter(name, mariadb, folder, processes))
    return await setScene(folder, mariadb, services, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function enter(name: ContenderName, mariadb: Mariadb, folder: string, processes: number): Promise<Service> {
  const place = { folder: join(folder, name), databaseUrl: '', processes }
  mkdirSync(place.folder)
  const { url } = await mariadb.createDatabase(`bench_${name}`)
  if (name === 'ours') await compileOnce(mariadb, place)
  return startService(name, { ...place, databaseUrl: url })
}

/** What changed since the last start is compiled at the next one: the memory that the compiler takes is no idle memory. */
async function compileOnce(mariadb: Mariadb, place: Place): Promise<void> {
  const { url } = await mariadb.createDatabase('bench_first')
  const service = await startService('ours', { ...place, databaseUrl: url })
  await service.stop()
}

async function setScene(
  folder: string,
  database: Mariadb,
  services: readonly Service[],
  close: () => Promise<void>,
): Promise<Stage> {
  const { url } = await database.createDatabase('bench_stage')
  const mariadb = await serverOf(url)
  const allPids = () => [mariadb.pid, ...services.flatMap((service) => service.pids())]
  await comeToRest(() => cpuMsOf(allPids()))
  const idle = Object.fromEntries(services.map(({ name, pids }) => [name, memoryOf(pids())]))
  for (const { name, address } of services) if (contenders[name].storesUsers) await registerPeople(address)
  return { folder, services, idle, mariadb, allPids, close }
}
