/** Where the data is, and the key that seals what is secret in it. */
import { parseDatabaseUrl } from '../platform/database-url.ts'
import { integer, type Setting, text } from './setting.ts'

const SECRET_KEY_CHARACTERS = 16 // an operator's old DJANGO_SECRET_KEY must not stop the move

export const databaseSettings = {
  dataDir: {
    names: ['DATA_DIR'],
    read: text(),
    fallback: './data',
    reason: 'Folder of the embedded database and of the secret key made with it.',
  },
  databaseUrl: {
    names: ['DATABASE_URL'],
    read: parseDatabaseUrl,
    secret: true,
    reason:
      '`sqlite:FILE`, `mysql://user:password@host:port/name` or `postgres://…`; `?tls=on` encrypts. Before MYSQL_*. Default: SQLite in DATA_DIR.',
  },
  databaseConnections: {
    names: ['DATABASE_CONNECTIONS'],
    read: integer(1, 1000),
    fallback: '10',
    unit: 'connections a process',
    reason: 'Size of the pool; MariaDB and PostgreSQL accept 100 to 150 in all by default.',
  },
  mysqlDb: {
    names: ['MYSQL_DB'],
    read: text(),
    reason: "The old service's variable: database name. Setting it chooses MySQL/MariaDB.",
  },
  mysqlUser: { names: ['MYSQL_USER'], read: text(), fallback: 'root', reason: "The old service's variable." },
  mysqlPassword: {
    names: ['MYSQL_PASSWORD'],
    read: text(0),
    fallback: '',
    secret: true,
    reason: "The old service's variable.",
  },
  mysqlHost: { names: ['MYSQL_HOST'], read: text(), fallback: 'localhost', reason: "The old service's variable." },
  mysqlPort: {
    names: ['MYSQL_PORT'],
    read: integer(1, 65_535),
    fallback: '3306',
    reason: "The old service's variable.",
  },
  secretKey: {
    names: ['SECRET_KEY', 'DJANGO_SECRET_KEY'],
    read: text(SECRET_KEY_CHARACTERS),
    secret: true,
    reason:
      'Seals what is secret in the database. Required with an external database; made on the first start with the embedded one.',
  },
  otherSecretKey: {
    names: ['SECRET_KEY_OTHER'],
    read: text(SECRET_KEY_CHARACTERS),
    secret: true,
    reason: 'While SECRET_KEY is being replaced: the other one of the two. It opens, and never seals.',
  },
} as const satisfies Record<string, Setting<unknown>>
