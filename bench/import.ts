/**
 * `npm run bench:import`: how long `import django` takes for 100,000 users with a refresh token each, into SQLite and into
 * MariaDB, and how much memory; then the same again, when only the difference is to be taken over. `--users N` for another number.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { startMariadb } from '../server/test/database-servers.ts'
import { describeCommit } from './machine.ts'

const MOST_SECONDS = 60 // of 100,000 users
const POLL_MS = 20

const { values } = parseArgs({ options: { users: { type: 'string', default: '100000' } } })
const users = Number(values.users)
if (!Number.isInteger(users) || users < 1) throw new TypeError(`--users ${values.users}: an integer above 0 is wanted`)

const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-import-'))
const mariadb = await startMariadb({ durable: true })
try {
  const old = await mariadb.createDatabase('old_service')
  await fill(old.url)
  const target = await mariadb.createDatabase('successor')
  console.log(`${users} users with a refresh token each; commit ${describeCommit()}`)
  for (const [name, url] of [
    ['SQLite', `sqlite:${join(folder, 'samurai-auth.db')}`],
    ['MariaDB', target.url],
  ] as const) {
    const first = await importFrom(old.url, url)
    const again = await importFrom(old.url, url)
    console.log(`${name}: ${told(first)}; again ${told(again)}`)
    if (first.seconds > (MOST_SECONDS * users) / 100_000) process.exitCode = 1
  }
} finally {
  await mariadb.stop()
  rmSync(folder, { recursive: true })
}

function told({ seconds, peakMb }: { seconds: number; peakMb: number }): string {
  return `${seconds.toFixed(1)} s, ${peakMb} MB at the most`
}

/** The tables of the old service (Django 4.2 and simplejwt), every tenth token blacklisted. */
async function fill(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true })
  await connection.query(`
    create table accounts_customuser (
      id int auto_increment primary key, email varchar(254) not null unique, password varchar(128) not null,
      last_login datetime(6) null, first_name varchar(30) not null, last_name varchar(30) not null, is_active bool not null
    );
    create table token_blacklist_outstandingtoken (
      id bigint auto_increment primary key, user_id int null, jti varchar(255) not null unique, token longtext not null,
      created_at datetime(6) null, expires_at datetime(6) not null
    );
    create table token_blacklist_blacklistedtoken (
      id bigint auto_increment primary key, token_id bigint not null unique, blacklisted_at datetime(6) not null
    );
    insert into accounts_customuser
      select seq, concat('person', seq, '@example.com'),
        concat('pbkdf2_sha256$600000$', substr(md5(seq), 1, 22), '$', to_base64(unhex(sha2(seq, 256)))),
        now(6), concat('First ', seq), 'Last', seq % 50 <> 0
      from seq_1_to_${users};
    insert into token_blacklist_outstandingtoken
      select seq, seq, md5(seq), ${tokenOf('seq')}, now(6), now(6) + interval 1 day from seq_1_to_${users};
    insert into token_blacklist_blacklistedtoken
      select null, seq, now(6) from seq_1_to_${users} where seq % 10 = 0;`)
  await connection.end()
}

/** SQL of a token of the old service; nobody checks its signature here. */
function tokenOf(seq: string): string {
  const payload = `concat('{"token_type":"refresh","exp":', unix_timestamp() + 86400, ',"iat":', unix_timestamp(),
    ',"jti":"', md5(${seq}), '","user_id":', ${seq}, '}')`
  const encoded = `replace(replace(replace(replace(to_base64(${payload}), '=', ''), '+', '-'), '/', '_'), '\\n', '')`
  return `concat('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.', ${encoded}, '.c2lnbmF0dXJl')`
}

async function importFrom(oldUrl: string, url: string): Promise<{ seconds: number; peakMb: number }> {
  const main = join(import.meta.dirname, '../server/src/cli/main.ts')
  const env = { PATH: process.env.PATH, DATABASE_URL: url, SECRET_KEY: 'a secret key that only this benchmark has' }
  const startedAt = performance.now()
  const child = spawn(process.execPath, [main, 'import', 'django', '--from', oldUrl], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const peak = watchPeak(child)
  const [code] = (await once(child, 'exit')) as [number | null]
  const seconds = (performance.now() - startedAt) / 1000
  if (code !== 0) throw new Error(`the import ended with ${code}`)
  return { seconds, peakMb: peak() }
}

/** @returns the peak of the memory that was resident, in MB */
function watchPeak({ pid }: ChildProcess): () => number {
  let kilobytes = 0
  const timer = setInterval(() => {
    kilobytes = Math.max(kilobytes, readPeak(pid))
  }, POLL_MS)
  return () => {
    clearInterval(timer)
    return Math.round(kilobytes / 1024)
  }
}

function readPeak(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it has ended
  }
}
