import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadConfig } from './config.ts'
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
  ['REVOCATION_POLL_MS', '501', /^REVOCATION_POLL_MS must be a whole number from 50 to 500$/],
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
  ['ARGON2_MEMORY_KIB', '1024', /^ARGON2_MEMORY_KIB must be a whole number from 7168 to 524288$/],
  ['ARGON2_MEMORY_KIB', '524289', /^ARGON2_MEMORY_KIB must be a whole number from 7168 to 524288$/],
  ['ARGON2_PASSES', '0', /^ARGON2_PASSES must be a whole number from 1 to 20$/],
  ['ARGON2_PARALLELISM', '17', /^ARGON2_PARALLELISM must be a whole number from 1 to 16$/],
  ['REGISTRATION', 'on', /^REGISTRATION must be one of open, private, closed$/],
  ['PASSWORDLESS', 'yes', /^PASSWORDLESS must be one of on, off$/],
  ['SIGN_IN_LINK_URL', 'app.example.com', /^SIGN_IN_LINK_URL must be an address such as/],
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
  ['EVENTS_RETENTION_DAYS', '-1', /^EVENTS_RETENTION_DAYS must be a whole number from 0 to 36500$/],
  ['ACCOUNT_DELETION_DAYS', '31', /^ACCOUNT_DELETION_DAYS must be a whole number from 0 to 30$/],
  ['HASH_QUEUE', '10001', /^HASH_QUEUE must be a whole number from 0 to 10000$/],
  ['SMTP_URL', 'mail.example.com', /^SMTP_URL must be smtp:/],
  ['MAIL_FROM', 'no-reply', /^MAIL_FROM must be an address such as Example <no-reply@example.com>$/],
  ['TEST_MODE', 'on', /^TEST_MODE must be one of 0, 1$/],
  ['TEST_MODE_ANYWHERE', 'yes', /^TEST_MODE_ANYWHERE must be one of 0, 1$/],
  ['TEST_CODE', '12345', /^TEST_CODE must have six digits$/],
  ['DEFAULT_LANGUAGE', 'e', /^DEFAULT_LANGUAGE must have at least 2 characters$/],
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
  'MAIL_TEMPLATES_DIR',
  'SERVICE_NAME',
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

test('what needs mail does not start without', () => {
  const bare = { ...external, PUBLIC_URL: 'https://auth.example.com' }
  const mail = { SMTP_URL: 'smtp://localhost', MAIL_FROM: 'Ann <ann@example.com>' }
  for (const needing of [{ REGISTRATION: 'private' }, { PASSWORDLESS: 'on' }]) {
    const [[name, value] = []] = Object.entries(needing)
    assert.throws(() => loadConfig({ ...bare, ...needing }), { message: `SMTP_URL is required with ${name}=${value}` })
    loadConfig({ ...bare, ...needing, ...mail })
  }
})

describe('what a hash costs is as much as one may cost, and no more:', () => {
  const argon2: [memory: string, passes: string, lanes: string, isTaken: boolean][] = [
    ['7168', '20', '16', true],
    ['104857', '20', '1', true],
    ['524288', '4', '16', true],
    ['104858', '20', '1', false],
    ['524288', '5', '1', false],
  ]
  for (const [ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_PARALLELISM, isTaken] of argon2)
    test(`${ARGON2_MEMORY_KIB} KiB, ${ARGON2_PASSES} passes`, () => {
      const load = () => loadConfig({ ...external, ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_PARALLELISM })
      const message = 'ARGON2_MEMORY_KIB times ARGON2_PASSES must be at most 2097152'
      if (!isTaken) return assert.throws(load, { name: 'ConfigError', message })
      load()
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
