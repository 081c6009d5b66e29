import { join } from 'node:path'
import { getProgram } from './installed.ts'
import type { Recipe } from './private-server.ts'

const notDurable = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--skip-innodb-doublewrite',
  '--skip-sync-frm',
]

/** How a private MariaDB is made; character set and collation are those of Debian's configuration. */
export function mariadb(durable: boolean): Recipe {
  return {
    kind: 'mysql',
    quickEnd: 'SIGKILL', // its data goes away with it
    // One statement a line, as an init file wants; run at every start.
    loginFile: ({ user, password }) => `CREATE USER IF NOT EXISTS '${user}'@'127.0.0.1' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO '${user}'@'127.0.0.1' WITH GRANT OPTION;
`,
    makeData: (folder) => [
      getProgram('mysql', 'mariadb-install-db'),
      '--no-defaults', // first, or the machine's own configuration counts
      `--datadir=${join(folder, 'data')}`,
      '--skip-test-db',
      '--skip-name-resolve',
      '--auth-root-authentication-method=socket', // no account without a password
    ],
    command: (folder, port) => [
      getProgram('mysql', 'mariadbd'),
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--init-file=${join(folder, 'login')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_general_ci',
      ...(durable ? ['--innodb-flush-log-at-trx-commit=1'] : notDurable),
    ],
  }
}
