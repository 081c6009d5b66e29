import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { loadConfig, readEnvironment } from './config.ts'

const SECRET_KEY = 'a secret key of more than 32 characters'
const external = { DATABASE_URL: 'mysql://auth:geheim@db/accounts', SECRET_KEY }

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
      registration: 'open',
      passwordless: 'off',
      accountDeletionDays: 7,
      signInLinkUrl: undefined,
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
      smtpUrl: undefined,
      mailFrom: undefined,
      mailTemplatesDir: undefined,
      serviceName: 'SamurAI',
      defaultLanguage: 'en',
      mailMode: 'development',
      limits: 'on',
      limitsSharedAddresses: [],
      limitsGlobalPerMinute: 6000,
      challenge: 'off',
      testMode: null,
      amqpUrl: undefined,
      eventsPersonal: 'off',
      webhooksPrivate: 'off',
      eventsLeaseSeconds: 10,
      checkpointMinutes: 10,
      eventsRetentionDays: 0,
      warnings: [],
      notes: [
        'mail: nothing is sent without SMTP_URL; this machine reads mails in the development mailbox',
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

describe('what becomes of mails follows from SMTP_URL and PUBLIC_URL:', () => {
  const smtp = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'Auth <auth@example.com>' }
  const modes: [environment: Record<string, string>, mode: string][] = [
    [{}, 'development'],
    [{ PUBLIC_URL: 'http://localhost:9000' }, 'development'],
    [{ PUBLIC_URL: 'https://auth.localhost' }, 'development'],
    [{ PUBLIC_URL: 'http://127.0.0.1' }, 'development'],
    [{ PUBLIC_URL: 'http://[::1]:8000/auth' }, 'development'],
    [{ PUBLIC_URL: 'https://auth.example.com' }, 'off'],
    [{ PUBLIC_URL: 'https://127.0.0.1.example.com' }, 'off'],
    [{ PUBLIC_URL: 'https://localhost.example.com' }, 'off'],
    [{ PUBLIC_URL: 'https://auth.example.com', ...smtp }, 'smtp'],
    [smtp, 'smtp'],
    [{ TEST_MODE: '1', TEST_MODE_ANYWHERE: '1', ...smtp, PUBLIC_URL: 'https://auth.example.com' }, 'development'],
  ]
  for (const [environment, mode] of modes)
    test(`${JSON.stringify(environment)}: ${mode}`, () => {
      assert.equal(loadConfig({ ...external, ...environment }).mailMode, mode)
    })

  test('a mail server without a sender stops the start', () => {
    const message = /^MAIL_FROM is required with SMTP_URL/
    assert.throws(() => loadConfig({ ...external, SMTP_URL: 'smtp://h' }), { name: 'ConfigError', message })
  })

  test('a password in the clear is told', () => {
    const { warnings } = loadConfig({ ...external, ...smtp, SMTP_URL: 'smtp://me:geheim@mail.example.com?tls=off' })
    assert.deepEqual(warnings, ['SMTP_URL sends the password of the mail server without TLS'])
  })
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
    assert.match(warnings.join('\n'), /^JWT_SECRET_KEY is set: .*unset it afterwards$/m)
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
  for (const [what, given] of Object.entries({ without: {}, 'with an empty': { SECRET_KEY: '' } })) {
    test(`CVE-2026-33505: an external database by ${name} ${what} SECRET_KEY stops the start`, () => {
      const wanted = { name: 'ConfigError', message: /^SECRET_KEY is required/ }
      assert.throws(() => loadConfig({ [name]: database, ...given }), wanted)
    })
  }
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

  test('CVE-2026-33505: the same key is read again, and no other installation has it', (t) => {
    const DATA_DIR = makeFolder(t)
    assert.equal(loadConfig({ DATA_DIR }).secretKey, loadConfig({ DATA_DIR }).secretKey)
    assert.notEqual(loadConfig({ DATA_DIR }).secretKey, loadConfig({ DATA_DIR: makeFolder(t) }).secretKey)
    assert.equal(loadConfig({ DATA_DIR, SECRET_KEY: '' }).secretKey, loadConfig({ DATA_DIR }).secretKey)
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
