import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { loadConfig, readEnvironment } from './config.ts'
import { settings } from './settings/table.ts'

const SECRET_KEY = 'a secret key of more than 32 characters'
const external = { DATABASE_URL: 'mysql://auth:geheim@db/accounts', SECRET_KEY }

/** Settings, wrong values of each, and what is said of them. */
const wrong: [variable: string, value: string, message: RegExp][] = [
  ['PORT', '65536', /^PORT must be a whole number from 0 to 65535$/],
  ['PORT', 'http', /^PORT must be a whole number/],
  ['PUBLIC_URL', 'auth.example.com', /^PUBLIC_URL must be an address such as/],
  ['TRUST_PROXY', 'true', /^TRUST_PROXY must be a list of addresses/],
  ['TRUST_PROXY', '0.0.0.0/0', /^TRUST_PROXY must not trust every address/],
  ['WORKERS', '0', /^WORKERS must be a whole number from 1 to 256$/],
  ['LOG_LEVEL', 'verbose', /^LOG_LEVEL must be one of trace, debug, info, warn, error, silent$/],
  ['DRAIN_SECONDS', '-1', /^DRAIN_SECONDS must be a whole number from 0 to 600$/],
  ['DATABASE_URL', 'oracle://auth:geheim@db/accounts', /^DATABASE_URL must be sqlite:FILE, mysql:/],
  ['DATABASE_CONNECTIONS', '0', /^DATABASE_CONNECTIONS must be a whole number from 1 to 1000$/],
  ['MYSQL_PORT', '0', /^MYSQL_PORT must be a whole number from 1 to 65535$/],
  ['SECRET_KEY', 'fifteen letters', /^SECRET_KEY must have at least 16 characters$/],
  ['DJANGO_SECRET_KEY', 'fifteen letters', /^DJANGO_SECRET_KEY must have at least 16 characters$/],
  ['ACCESS_TOKEN_SECONDS', '29', /^ACCESS_TOKEN_SECONDS must be a whole number from 30 to 86400$/],
  ['REFRESH_TOKEN_SECONDS', '31536001', /^REFRESH_TOKEN_SECONDS must be a whole number from 60 to 31536000$/],
  ['SESSION_IDLE_SECONDS', '59', /^SESSION_IDLE_SECONDS must be a whole number from 60 to 31536000$/],
  ['SESSION_ABSOLUTE_SECONDS', '59', /^SESSION_ABSOLUTE_SECONDS must be a whole number from 60 to 31536000$/],
  ['SESSION_PROFILE', 'aal4', /^SESSION_PROFILE must be one of aal1, aal2, aal3$/],
  ['REFRESH_GRACE_SECONDS', '61', /^REFRESH_GRACE_SECONDS must be a whole number from 0 to 60$/],
  ['VERIFY_ACCEPTS', 'refresh', /^VERIFY_ACCEPTS must be one of any, access$/],
  ['SECRET_KEY_OTHER', 'short', /^SECRET_KEY_OTHER must have at least 16 characters$/],
  [
    'SIGNING_ALGORITHMS',
    'ES256,HS256',
    /^SIGNING_ALGORITHMS must be one of ES256, EdDSA, RS256, PS256, ML-DSA-44, ML-DSA-65$/,
  ],
  ['KEY_ROTATION_DAYS', '0', /^KEY_ROTATION_DAYS must be a whole number from 1 to 3650$/],
  ['KEY_PUBLISH_AHEAD_SECONDS', '-1', /^KEY_PUBLISH_AHEAD_SECONDS must be a whole number from 0 to 2592000$/],
  ['REVOCATION_POLL_MS', '1001', /^REVOCATION_POLL_MS must be a whole number from 50 to 1000$/],
  ['REVOCATION_STALE_SECONDS', '0', /^REVOCATION_STALE_SECONDS must be a whole number from 1 to 3600$/],
  ['PASSWORD_POLICY', 'none', /^PASSWORD_POLICY must be one of nist, nist-single-factor, legacy$/],
  [
    'PASSWORD_BLOCKLIST_FILE',
    '/no/such/file',
    /^PASSWORD_BLOCKLIST_FILE must name a file of UTF-8 lines .*\(ENOENT\)$/,
  ],
  ['BREACHED_PASSWORDS', 'http://api.example.com', /^BREACHED_PASSWORDS must be off, or an address such as https:/],
  ['BREACHED_PASSWORDS_FAIL', 'maybe', /^BREACHED_PASSWORDS_FAIL must be one of open, closed$/],
  ['BREACHED_PASSWORDS_TIMEOUT_MS', '49', /^BREACHED_PASSWORDS_TIMEOUT_MS must be a whole number from 50 to 10000$/],
  ['ARGON2_MEMORY_KIB', '1024', /^ARGON2_MEMORY_KIB must be a whole number from 7168 to 1048576$/],
  ['ARGON2_PASSES', '0', /^ARGON2_PASSES must be a whole number from 1 to 20$/],
  ['ARGON2_PARALLELISM', '17', /^ARGON2_PARALLELISM must be a whole number from 1 to 16$/],
  ['LIMITS', 'none', /^LIMITS must be one of on, off$/],
  ['LIMITS_SHARED_ADDRESSES', '0.0.0.0/0', /^LIMITS_SHARED_ADDRESSES must not trust every address/],
  ['LIMITS_GLOBAL_PER_MINUTE', '59', /^LIMITS_GLOBAL_PER_MINUTE must be a whole number from 60 to 10000000$/],
  ['CHALLENGE', 'captcha', /^CHALLENGE must be one of off, proof-of-work$/],
  ['WEBAUTHN_RP_ID', 'Example.com', /^WEBAUTHN_RP_ID must be a domain name in lower case such as example.com$/],
  ['WEBAUTHN_RELATED_ORIGINS', 'http://example.net', /^WEBAUTHN_RELATED_ORIGINS must be a list of origins such as/],
  ['AMQP_URL', 'http://bus.example.com', /^AMQP_URL must be an address such as amqp:/],
  ['EVENTS_PERSONAL', 'yes', /^EVENTS_PERSONAL must be one of off, on$/],
  ['WEBHOOKS_PRIVATE', 'true', /^WEBHOOKS_PRIVATE must be one of off, on$/],
  ['EVENTS_LEASE_SECONDS', '1', /^EVENTS_LEASE_SECONDS must be a whole number from 2 to 300$/],
  ['EVENTS_CHECKPOINT_MINUTES', '0', /^EVENTS_CHECKPOINT_MINUTES must be a whole number from 1 to 1440$/],
  ['HASH_QUEUE', '10001', /^HASH_QUEUE must be a whole number from 0 to 10000$/],
]

const takesAnyText = [
  'HOST',
  'DATA_DIR',
  'MYSQL_DB',
  'MYSQL_USER',
  'MYSQL_PASSWORD',
  'MYSQL_HOST',
  'JWT_SECRET_KEY',
  'TOKEN_AUDIENCE',
  'WEBAUTHN_RP_NAME',
]

describe('a wrong value stops the start with the name of the variable and what it should be:', () => {
  for (const [variable, value, message] of wrong) {
    test(`${variable}=${value}`, () => {
      const environment = { DATABASE_URL: external.DATABASE_URL, [variable]: value }
      assert.throws(() => loadConfig(environment), { name: 'ConfigError', message })
    })
  }

  test('every setting has a row here, or takes any text', () => {
    const tested = new Set([...wrong.map(([variable]) => variable), ...takesAnyText])
    const all = Object.values(settings).flatMap(({ names }) => names)
    assert.deepEqual(
      all.filter((name) => !tested.has(name)),
      [],
    )
  })
})

test('several faults are told at once, a line each', () => {
  assert.throws(
    () => loadConfig({ ...external, PORT: 'x', WORKERS: '0', LOG_LEVEL: 'loud' }),
    ({ message }: Error) => {
      assert.match(message, /^PORT .*\nWORKERS .*\nLOG_LEVEL .*$/)
      return true
    },
  )
})

test('no fault repeats a secret', () => {
  const secrets = {
    DATABASE_URL: 'oracle://auth:geheim-1@db',
    SECRET_KEY: 'geheim-2',
    MYSQL_PASSWORD: 'geheim-3',
    AMQP_URL: 'http://auth:geheim-4@bus',
  }
  assert.throws(
    () => loadConfig(secrets),
    ({ message }: Error) => !message.includes('geheim'),
  )
})

describe('what is not set has a default:', () => {
  const config = loadConfig(external)
  const { database: _, secretKey: __, ...rest } = config
  test('the values of the reference page', () => {
    assert.deepEqual(rest, {
      host: '0.0.0.0',
      port: 8000,
      publicUrl: 'http://localhost:8000',
      trustProxy: [],
      workers: availableParallelism(),
      logLevel: 'info',
      drainSeconds: 25,
      dataDir: './data',
      databaseConnections: 10,
      jwtSecretKey: undefined,
      otherSecretKey: undefined,
      signingAlgorithms: ['ES256'],
      keyRotationDays: 30,
      keyPublishAheadSeconds: 86_400,
      accessTokenSeconds: 3600,
      sessionProfile: 'aal1',
      relyingParty: { id: 'localhost', name: 'SamurAI', origins: ['http://localhost:8000'] },
      sessionIdleSeconds: 86_400,
      sessionAbsoluteSeconds: 2_592_000,
      refreshGraceSeconds: 10,
      audience: 'samurai',
      verifyAccepts: 'any',
      revocationPollMs: 400,
      revocationStaleSeconds: 30,
      passwordPolicy: 'nist',
      passwordBlocklist: undefined,
      breachedPasswords: null,
      breachedPasswordsFail: 'open',
      breachedPasswordsTimeoutMs: 1500,
      argon2MemoryKib: 19_456,
      argon2Passes: 2,
      argon2Parallelism: 1,
      hashQueue: 64,
      limits: 'on',
      limitsSharedAddresses: [],
      limitsGlobalPerMinute: 6000,
      challenge: 'off',
      amqpUrl: undefined,
      eventsPersonal: 'off',
      webhooksPrivate: 'off',
      eventsLeaseSeconds: 10,
      checkpointMinutes: 10,
      warnings: [],
      notes: [
        'limits: who connects from a private address stands for many people and is counted per account and in all only; ' +
          'a gateway that names its clients in X-Forwarded-For belongs into TRUST_PROXY',
      ],
    })
  })

  test('an empty value is none', () => {
    assert.equal(loadConfig({ ...external, PORT: '', LOG_LEVEL: '' }).port, 8000)
  })

  test('the public address follows the port', () => {
    assert.equal(loadConfig({ ...external, PORT: '9000' }).publicUrl, 'http://localhost:9000')
  })

  test('the configuration cannot be changed afterwards', () => assert.ok(Object.isFrozen(config)))
})

describe('sessions live as long as NIST SP 800-63B-4 allows, at the level that is asked for:', () => {
  const lifetimesOf = (environment: Record<string, string>) => {
    const { sessionIdleSeconds, sessionAbsoluteSeconds } = loadConfig({ ...external, ...environment })
    return [sessionIdleSeconds, sessionAbsoluteSeconds]
  }
  const HOUR = 3600
  const rows: [environment: Record<string, string>, idle: number, absolute: number][] = [
    [{ SESSION_PROFILE: 'aal1' }, 24 * HOUR, 720 * HOUR],
    [{ SESSION_PROFILE: 'aal2' }, HOUR, 24 * HOUR],
    [{ SESSION_PROFILE: 'aal3' }, HOUR / 4, 12 * HOUR],
    [{ SESSION_PROFILE: 'aal3', SESSION_IDLE_SECONDS: '600' }, 600, 12 * HOUR],
    [{ SESSION_PROFILE: 'aal2', SESSION_ABSOLUTE_SECONDS: '7200' }, HOUR, 7200],
    [{ REFRESH_TOKEN_SECONDS: '7200' }, 7200, 720 * HOUR],
    [{ REFRESH_TOKEN_SECONDS: '7200', SESSION_IDLE_SECONDS: '600' }, 600, 720 * HOUR],
  ]
  for (const [environment, idle, absolute] of rows) {
    test(JSON.stringify(environment), () => assert.deepEqual(lifetimesOf(environment), [idle, absolute]))
  }
})

describe('the variables of the old service keep their meaning:', () => {
  const mysql = { MYSQL_DB: 'accounts', SECRET_KEY }

  test('MYSQL_DB alone is Django’s local server', () => {
    assert.deepEqual(loadConfig(mysql).database, {
      kind: 'mysql',
      host: 'localhost',
      port: 3306,
      user: 'root',
      password: '',
      database: 'accounts',
      tls: false,
    })
  })

  test('MYSQL_* name server, account and database', () => {
    const given = { MYSQL_HOST: 'db', MYSQL_PORT: '3307', MYSQL_USER: 'auth', MYSQL_PASSWORD: 'p@ss w/rd' }
    assert.deepEqual(loadConfig({ ...mysql, ...given }).database, {
      kind: 'mysql',
      host: 'db',
      port: 3307,
      user: 'auth',
      password: 'p@ss w/rd',
      database: 'accounts',
      tls: false,
    })
  })

  test('DATABASE_URL comes before them', () => {
    assert.equal(loadConfig({ ...mysql, DATABASE_URL: 'postgres://auth@db/accounts' }).database.kind, 'postgres')
  })

  test('JWT_SECRET_KEY is taken, and told as temporary', () => {
    const { jwtSecretKey, warnings } = loadConfig({ ...external, JWT_SECRET_KEY: 'old' })
    assert.equal(jwtSecretKey, 'old')
    assert.match(warnings.join('\n'), /^JWT_SECRET_KEY is set: .*unset it afterwards$/)
  })

  test('DJANGO_SECRET_KEY is the secret key, unless SECRET_KEY is set', () => {
    const { SECRET_KEY: _, ...keyless } = external
    assert.equal(loadConfig({ ...keyless, DJANGO_SECRET_KEY: 'django’s key of old' }).secretKey, 'django’s key of old')
    assert.equal(loadConfig({ ...external, DJANGO_SECRET_KEY: 'django’s key of old' }).secretKey, SECRET_KEY)
  })

  for (const variable of ['MYSQL_HOST', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_PORT']) {
    test(`${variable} without MYSQL_DB stops the start: an empty database would look like everybody was gone`, () => {
      assert.throws(() => loadConfig({ [variable]: '3306', SECRET_KEY }), {
        name: 'ConfigError',
        message: `MYSQL_DB is required when ${variable} is set: the name of the database`,
      })
    })
  }
})

for (const [name, database] of Object.entries({ DATABASE_URL: external.DATABASE_URL, MYSQL_DB: 'accounts' })) {
  test(`an external database by ${name} without SECRET_KEY stops the start`, () => {
    assert.throws(() => loadConfig({ [name]: database }), { name: 'ConfigError', message: /^SECRET_KEY is required/ })
  })
}

for (const [variable, value, sentence] of [
  ['PASSWORD_POLICY', 'legacy', /^PASSWORD_POLICY=legacy accepts/],
  ['SECRET_KEY', 'x'.repeat(31), /^SECRET_KEY is short/],
] as const) {
  test(`${variable}=${value} is warned of`, () => {
    assert.match(loadConfig({ ...external, [variable]: value }).warnings.join('\n'), sentence)
  })
}

describe('with the embedded database', () => {
  test('the secret key is made on the first start, for nobody else to read, beside the database', (t) => {
    const folder = join(makeFolder(t), 'data')
    const { secretKey, database, workers } = loadConfig({ DATA_DIR: folder })
    assert.deepEqual(database, { kind: 'sqlite', file: join(folder, 'samurai-auth.db') })
    assert.equal(workers, 1)
    assert.match(secretKey, /^[0-9a-f]{64}$/)
    assert.equal(readFileSync(join(folder, 'secret.key'), 'utf8'), `${secretKey}\n`)
    assert.equal(modeOf(join(folder, 'secret.key')), '600')
    assert.equal(modeOf(folder), '700')
    assert.deepEqual(readdirSync(folder), ['secret.key'])
  })

  test('the same key is read again', (t) => {
    const DATA_DIR = makeFolder(t)
    assert.equal(loadConfig({ DATA_DIR }).secretKey, loadConfig({ DATA_DIR }).secretKey)
  })

  test('the key is beside a database elsewhere', (t) => {
    const folder = makeFolder(t)
    loadConfig({ DATA_DIR: '/nonexistent', DATABASE_URL: `sqlite:${folder}/auth.db` })
    assert.deepEqual(readdirSync(folder), ['secret.key'])
  })

  test('SECRET_KEY is taken, and none is made', (t) => {
    const DATA_DIR = makeFolder(t)
    assert.equal(loadConfig({ DATA_DIR, SECRET_KEY }).secretKey, SECRET_KEY)
    assert.deepEqual(readdirSync(DATA_DIR), [])
  })

  for (const [name, content] of Object.entries({ empty: '', 'cut off': 'a1b2c3' })) {
    test(`a key file that is ${name} stops the start and stays as it is`, (t) => {
      const DATA_DIR = makeFolder(t)
      const file = join(DATA_DIR, 'secret.key')
      writeFileSync(file, content)
      assert.throws(() => loadConfig({ DATA_DIR }), {
        name: 'ConfigError',
        message: `${file} is damaged: restore it, or set SECRET_KEY`,
      })
      assert.equal(readFileSync(file, 'utf8'), content)
    })
  }
})

test('what the environment lacks comes from .env in the working folder', (t) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, '.env'), 'TOKEN_AUDIENCE=from the file\nPATH=from the file\n')
  const { TOKEN_AUDIENCE, PATH } = readEnvironment(folder)
  assert.equal(TOKEN_AUDIENCE, 'from the file')
  assert.equal(PATH, process.env.PATH)
})

test('without .env the environment is all there is', (t) => {
  assert.deepEqual(readEnvironment(makeFolder(t)), { ...process.env })
})

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-config-'))
  chmodSync(folder, 0o755)
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

test('BREACHED_PASSWORDS beside PASSWORD_POLICY=legacy is warned of: it is not asked', () => {
  const environment = { PASSWORD_POLICY: 'legacy', BREACHED_PASSWORDS: 'https://api.example.com/range' }
  const { warnings, breachedPasswords } = loadConfig({ ...external, ...environment })
  assert.equal(breachedPasswords, 'https://api.example.com/range')
  assert.match(warnings.join('\n'), /^PASSWORD_POLICY=legacy asks neither/m)
})
