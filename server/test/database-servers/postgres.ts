import { join } from 'node:path'
import { getProgram } from './installed.ts'
import type { Recipe } from './private-server.ts'

const notDurable = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']

/** How a private PostgreSQL is made. */
export function postgres(durable: boolean): Recipe {
  return {
    kind: 'postgres',
    quickEnd: 'SIGQUIT', // its immediate shutdown; a killed one would leave its shared memory behind
    loginFile: ({ password }) => password,
    makeData: (folder, { user }) => [
      getProgram('postgres', 'initdb'),
      `--pgdata=${join(folder, 'data')}`,
      `--username=${user}`,
      `--pwfile=${join(folder, 'login')}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
    command: (folder, port) => [
      getProgram('postgres', 'postgres'),
      ...['-D', join(folder, 'data'), '-h', '127.0.0.1', '-p', String(port), '-k', folder],
      ...['-c', 'max_connections=200'],
      ...(durable ? [] : notDurable),
    ],
  }
}
