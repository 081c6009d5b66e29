/** Where the data lives, read from one address: `sqlite:`, `mysql:` or `postgres:`. */

export type ServerAddress = {
  host: string
  port: number
  user: string
  password: string
  database: string
  tls: boolean
}

export type DatabaseAddress =
  | { kind: 'sqlite'; file: string }
  | ({ kind: 'mysql' } & ServerAddress)
  | ({ kind: 'postgres' } & ServerAddress)

const DEFAULT_PORT = { mysql: 3306, postgres: 5432 } as const
const FORM =
  'must be sqlite:FILE, mysql://user:password@host:port/name or postgres://…, what is special in the password percent-encoded'

// With TLS the server's certificate is always verified, so the stricter words of PostgreSQL mean the same here. An option
// that we do not know is refused: who asks for encryption must not go without it.
const tlsOptions: Readonly<Record<string, boolean>> = {
  'tls=on': true,
  'tls=true': true,
  'tls=1': true,
  'tls=off': false,
  'tls=false': false,
  'tls=0': false,
  'sslmode=require': true,
  'sslmode=verify-ca': true,
  'sslmode=verify-full': true,
  'sslmode=disable': false,
}

/**
 * Reads `sqlite:/path/file.db`, `mysql://user:password@host:3306/name` (also `mariadb:`) or
 * `postgres://user:password@host:5432/name` (also `postgresql:`). `?tls=on` encrypts the connection.
 *
 * @throws TypeError with a sentence that never repeats the address (it holds a password)
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  if (text.startsWith('sqlite:')) return parseSqlite(text)
  const kind = kindOf(text)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!kind || !url?.hostname) throw new TypeError(FORM)
  const database = decode(url.pathname.slice(1))
  if (!database) throw new TypeError('must name a database after the host: …://user:password@host:port/name')
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port ? Number(url.port) : DEFAULT_PORT[kind],
    user: decode(url.username),
    password: decode(url.password),
    database,
    tls: readTls(url.searchParams),
  }
}

function parseSqlite(text: string): DatabaseAddress {
  const file = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '')
  if (!file || file === ':memory:') throw new TypeError('must name a file: sqlite:./data/samurai-auth.db')
  return { kind: 'sqlite', file }
}

function kindOf(text: string): 'mysql' | 'postgres' | undefined {
  if (/^(mysql|mariadb):\/\//.test(text)) return 'mysql'
  if (/^postgres(ql)?:\/\//.test(text)) return 'postgres'
  return undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError(FORM) // a URIError would pass for a failure of ours
  }
}

function readTls(options: URLSearchParams): boolean {
  const wanted = [...options].map(([name, value]) => tlsOptions[`${name}=${value}`])
  if (wanted.includes(undefined)) throw new TypeError('must have no other options than tls=on and tls=off')
  return wanted.includes(true)
}
