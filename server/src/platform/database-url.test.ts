import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDatabaseUrl } from './database-url.ts'

const server = { host: 'db', port: 3306, user: 'auth', password: 'secret', database: 'accounts', tls: false }

const accepted: [name: string, url: string, address: object][] = [
  ['a file', 'sqlite:/var/lib/auth.db', { kind: 'sqlite', file: '/var/lib/auth.db' }],
  ['a relative file', 'sqlite:./data/auth.db', { kind: 'sqlite', file: './data/auth.db' }],
  ['a file behind two slashes too many', 'sqlite:///var/lib/auth.db', { kind: 'sqlite', file: '/var/lib/auth.db' }],
  ['MySQL', 'mysql://auth:secret@db/accounts', { kind: 'mysql', ...server }],
  ['MariaDB under its own name', 'mariadb://auth:secret@db/accounts', { kind: 'mysql', ...server }],
  ['PostgreSQL', 'postgres://auth:secret@db/accounts', { kind: 'postgres', ...server, port: 5432 }],
  ['PostgreSQL in full', 'postgresql://auth:secret@db/accounts', { kind: 'postgres', ...server, port: 5432 }],
  ['another port', 'mysql://auth:secret@db:3307/accounts', { kind: 'mysql', ...server, port: 3307 }],
  ['an IPv6 address', 'mysql://auth:secret@[::1]/accounts', { kind: 'mysql', ...server, host: '::1' }],
  ['no password', 'mysql://auth@db/accounts', { kind: 'mysql', ...server, password: '' }],
  [
    'every special character, encoded',
    'mysql://a%40b:%2F%3F%23%25%3A%20%C3%A4@db/accounts',
    {
      kind: 'mysql',
      ...server,
      user: 'a@b',
      password: '/?#%: ä',
    },
  ],
  ['encryption', 'mysql://auth:secret@db/accounts?tls=on', { kind: 'mysql', ...server, tls: true }],
  ['no encryption, said', 'mysql://auth:secret@db/accounts?tls=off', { kind: 'mysql', ...server }],
  [
    'encryption in the words of PostgreSQL',
    'postgres://auth:secret@db/accounts?sslmode=verify-full',
    {
      kind: 'postgres',
      ...server,
      port: 5432,
      tls: true,
    },
  ],
]

const FORM = /^must be sqlite:FILE, mysql:\/\/user:password@host:port\/name or postgres:\/\//
const OPTIONS = /^must have no other options than tls=on and tls=off$/

const refused: [name: string, url: string, reason: RegExp][] = [
  ['another database', 'oracle://auth:geheim@db/accounts', FORM],
  ['a web address', 'https://auth:geheim@db/accounts', FORM],
  ['one slash only', 'mysql:/auth:geheim@db/accounts', FORM],
  ['a word', 'geheim', FORM],
  ['no host', 'postgres:///accounts?geheim', FORM],
  ['a port that is none', 'mysql://auth:geheim@db:99999/accounts', FORM],
  ['a # in the password', 'mysql://auth:geheim#1@db/accounts', FORM],
  ['a % in the password', 'mysql://auth:geheim%zz@db/accounts', FORM],
  ['no database', 'mysql://auth:geheim@db', /^must name a database after the host/],
  ['an empty database', 'mysql://auth:geheim@db/', /^must name a database after the host/],
  ['no file', 'sqlite:', /^must name a file/],
  ['a database in memory, which every connection would have another of', 'sqlite::memory:', /^must name a file/],
  ['an option with a typing error', 'mysql://auth:geheim@db/accounts?tsl=on', OPTIONS],
  ['a value that is none', 'mysql://auth:geheim@db/accounts?tls=yes', OPTIONS],
  ['encryption where it is possible only', 'postgres://auth:geheim@db/accounts?sslmode=prefer', OPTIONS],
  ['another driver’s word for encryption', 'postgres://auth:geheim@db/accounts?ssl=true', OPTIONS],
  ['a right option beside a wrong one', 'mysql://auth:geheim@db/accounts?tls=on&charset=utf8', OPTIONS],
]

describe('an address of a database may have', () => {
  for (const [name, url, address] of accepted) test(name, () => assert.deepEqual(parseDatabaseUrl(url), address))
})

describe('an address of a database is refused, never repeating it, for', () => {
  for (const [name, url, reason] of refused) {
    test(name, () => {
      assert.throws(() => parseDatabaseUrl(url), { name: 'TypeError', message: reason })
      assert.throws(
        () => parseDatabaseUrl(url),
        ({ message }: Error) => !message.includes('geheim'),
      )
    })
  }
})
