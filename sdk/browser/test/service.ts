/** The service, as a process of its own, with an empty embedded database. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'

export type SessionRow = {
  readonly id: string
  readonly ended_at: number | null
  readonly end_reason: string | null
  /** The ids (`jti`) of the refresh token that leads on, and of the one before it. */
  readonly current_token_id: string
  readonly parent_token_id: string | null
}

export type Service = {
  readonly port: number
  /** The sessions of a user, as the database has them. */
  sessionsOf(email: string): SessionRow[]
  stop(): Promise<void>
}

const main = join(import.meta.dirname, '../../../server/src/main.ts')
const environment = {
  PATH: '/usr/bin:/bin',
  HOST: '127.0.0.1',
  PORT: '0',
  ACCESS_TOKEN_SECONDS: '30', // as short as it can be
  ARGON2_MEMORY_KIB: '7168',
  ARGON2_PASSES: '1',
}

export async function startService(): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-sdk-'))
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: { ...environment, DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await listeningPort(createInterface(child.stdout))
  const database = new DatabaseSync(join(folder, 'samurai-auth.db'), { readOnly: true })
  const rows = database.prepare(
    `select session.id, ended_at, end_reason, current_token_id, parent_token_id
     from session join user on user.id = user_id where email = ?`,
  )
  return {
    port,
    sessionsOf: (email) => rows.all(email) as SessionRow[],
    async stop() {
      database.close()
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

/** Goes on reading afterwards: a process whose output nobody reads stops when the pipe is full. */
function listeningPort(lines: Interface): Promise<number> {
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const { msg, port } = JSON.parse(line)
      if (msg === 'listening') resolve(port)
    })
    lines.on('close', () => reject(new Error('the service ended instead of listening')))
  })
}
