/** The service in the two ways in which several processes share one database. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, freePort, type Program, startChild } from '../child.ts'
import { ourProgram } from '../services.ts'

/** `siblings`: two processes of one service. `apart`: two services that know nothing of each other. */
export const arrangements = ['siblings', 'apart'] as const
export type Arrangement = (typeof arrangements)[number]

export type Deployment = {
  /** One for each service. Sessions are opened and ended at the first one, which is also the issuer. */
  addresses: readonly string[]
  /** Of each service. */
  processes: number
  stop(): Promise<void>
}

/** The cheapest hashes that are allowed: a session is opened for each end, and hashing is not what is measured. */
const cheapHashes = { ARGON2_MEMORY_KIB: '7168', ARGON2_PASSES: '1' }

export async function deploy(arrangement: Arrangement, folder: string, databaseUrl: string): Promise<Deployment> {
  const [services, processes] = arrangement === 'siblings' ? [1, 2] : [2, 1]
  const programs = await writePrograms(services, processes, join(folder, arrangement), databaseUrl)
  const children: Child[] = []
  const stop = async () => {
    for (const child of children) await child.stop()
  }
  try {
    for (const program of programs) children.push(await startChild(program))
  } catch (error) {
    await stop()
    throw error
  }
  return { addresses: programs.map(({ address }) => address), processes, stop }
}

/** Services on one database have one SECRET_KEY and one name. */
async function writePrograms(
  services: number,
  processes: number,
  folder: string,
  databaseUrl: string,
): Promise<Program[]> {
  const programs: Program[] = []
  for (let number = 0; number < services; number++) {
    const place = { folder: join(folder, String(number)), databaseUrl, processes }
    mkdirSync(place.folder, { recursive: true })
    const program = ourProgram(place, await freePort())
    const first = programs[0] ?? program
    const shared = { SECRET_KEY: first.environment.SECRET_KEY ?? '', PUBLIC_URL: first.address }
    programs.push({ ...program, environment: { ...program.environment, ...shared, ...cheapHashes } })
  }
  return programs
}
