import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { UniqueViolation } from '../../platform/database-errors.ts'
import { openDatabase } from '../../platform/db.ts'
import { createFetch } from '../../platform/fetch.ts'
import { createLogger } from '../../platform/logger.ts'
import { migrate } from '../../platform/migrate.ts'
import { Refusal } from '../../platform/refusal.ts'
import { createSealer } from '../../platform/secrets.ts'
import {
  createPasswords,
  type PasswordChange,
  type Passwords,
  type PasswordsConfig,
  type PreparedChange,
} from './passwords.ts'

const PHRASE = 'correct horse battery staple'
const OWN = 'argon2id$v=19$m=64,t=1,p=1'

// Made with Django 3.2.25: `get_hasher('pbkdf2_sha256').encode(PHRASE, salt, 1000)`, and of 'nul\0inside it'.
const DJANGO = 'pbkdf2_sha256$1000$ZuT1Gx0HkDmv0PZ3gsDJqJ$Brcd65Rm2KMke2r42ZUBtjf1xvmOscallrhcxv/QC98='
const OTHER_DJANGO = 'pbkdf2_sha256$1000$sAltsAltsAltsAltsAltsA$2lYk8te2Oj7FXpROCtC4UYKrzozqG7BcIm+xEpRHRS8='
const UNUSABLE = '!zhX0stY87wmP3yzkLolQf5A7FPHWKuzaFNOm6f8M'
const UNKNOWN = 'md5$sAlt$5f4dcc3b5aa765d61d8327deb882cf99'

const cheap: PasswordsConfig = {
  policy: 'nist',
  publicUrl: 'https://login.zebrafish.example',
  serviceName: 'Zebrafish',
  blocklist: ['acme widgets'],
  breaches: null,
  argon2: { memoryKib: 64, passes: 1, parallelism: 1 },
  hashConcurrency: 1,
  hashQueue: 4,
}

describe('a password', () => {
  it('that was set is right, and no other one', async (t) => {
    const { passwords, db, check } = await start(t)
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    assert.equal(await check(1, PHRASE), true)
    assert.equal(await check(1, `${PHRASE} `), false)
    assert.equal(await check(2, PHRASE), false)
    assert.equal(await check(undefined, PHRASE), false)
  })

  it('is set once', async (t) => {
    const { passwords, db } = await start(t)
    const prepared = await passwords.prepare(PHRASE)
    await passwords.set(db, 1, prepared)
    await assert.rejects(passwords.set(db, 1, prepared), UniqueViolation)
  })

  it('of nothing, or of more than 4096 bytes, is nobody’s', async (t) => {
    const { passwords, db, check } = await start(t)
    const [short, long] = ['x'.repeat(4096), 'x'.repeat(4097)]
    await passwords.set(db, 1, await passwords.prepare(short))
    await passwords.set(db, 2, await passwords.prepare(long))
    assert.deepEqual([await check(1, short), await check(2, long), await check(1, '')], [true, false, false])
  })

  it('of an erased user is gone', async (t) => {
    const { passwords, db, check } = await start(t)
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    assert.equal(await passwords.remove(db, 1), true)
    assert.equal(await check(1, PHRASE), false)
    assert.equal(await passwords.remove(db, 1), false)
  })

  it('is refused with reasons under the policy of NIST, and taken under the old service’s', async (t) => {
    const about = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' }
    const { passwords } = await start(t)
    for (const password of ['password1', 'Acme Widgets', 'login.zebrafish.example']) {
      assert.deepEqual(await passwords.reasonsAgainst(password, about), ['This password is too common.'])
    }
    const { passwords: legacy } = await start(t, { policy: 'legacy' })
    assert.deepEqual(await legacy.reasonsAgainst('password1', about), [])
  })

  it('is checked by a bounded number of hashes; more are refused with the time to wait', async (t) => {
    const { check } = await start(t, { hashQueue: 2, argon2: { memoryKib: 19_456, passes: 2, parallelism: 1 } })
    await check(1, PHRASE)
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => check(1, PHRASE)))
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    assert.equal(refusals.length, 2)
    for (const reason of refusals) {
      assert.ok(reason instanceof Refusal)
      assert.equal(reason.code, 'too-busy')
      assert.deepEqual(reason.facts, { retryAfterSeconds: 1 })
    }
  })

  it('of a megabyte is refused before it is hashed (CVE-2013-5958)', async (t) => {
    const about = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' }
    const { passwords, check } = await start(t, { hashConcurrency: 0, hashQueue: 0 }) // whatever is hashed is refused
    await passwords.reasonsAgainst('x', about) // loads the common passwords
    const startedAt = performance.now()
    assert.equal(await check(1, 'x'.repeat(1e6)), false)
    assert.equal((await passwords.reasonsAgainst('x'.repeat(1e6), about)).length, 1)
    assert.deepEqual(await passwords.prepareChange({ ...renewal, oldPassword: 'x'.repeat(1e6) }), {
      kind: 'wrong-password',
    })
    assert.ok(performance.now() - startedAt < 200, `${performance.now() - startedAt} ms`)
  })

  it('cannot be hashed with parameters that cannot be checked', async (t) => {
    await assert.rejects(start(t, { argon2: { memoryKib: 4, passes: 1, parallelism: 1 } }), TypeError)
  })
})

const about = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' }
const renewal = { userId: 1, oldPassword: PHRASE, newPassword: 'wrong horse cell nail', about }

describe('a change of a password', () => {
  it('proves the old one; afterwards only the new one is right', async (t) => {
    const { passwords, db, clock, check } = await start(t)
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    assert.equal(await passwords.changedAt(db, 1), 0)
    clock.time = 5_000
    assert.equal(await passwords.change(db, await ready(passwords, renewal)), true)
    assert.deepEqual([await check(1, PHRASE), await check(1, renewal.newPassword)], [false, true])
    assert.equal(await passwords.changedAt(db, 1), 5_000)
  })

  it('is made by nobody who has another password, or who changes that of a user without one', async (t) => {
    const { passwords, db } = await start(t)
    assert.deepEqual(await passwords.prepareChange(renewal), { kind: 'wrong-password' })
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    for (const oldPassword of ['', 'wrong', `${PHRASE} `, '\0']) {
      assert.deepEqual(await passwords.prepareChange({ ...renewal, oldPassword }), { kind: 'wrong-password' })
    }
  })

  it('is judged by the policy, and nothing changes when it is refused', async (t) => {
    const { passwords, db, check } = await start(t)
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    assert.deepEqual(await passwords.prepareChange({ ...renewal, newPassword: 'password1' }), {
      kind: 'refused',
      reasons: ['This password is too common.'],
    })
    assert.equal(await check(1, PHRASE), true)
  })

  it('is made once of fifty that proved the same password', async (t) => {
    const { passwords, db, check } = await start(t, { hashQueue: 50 })
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    const changes = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        ready(passwords, { ...renewal, newPassword: `a new password ${number}` }),
      ),
    )
    const made = await Promise.all(changes.map((change) => passwords.change(db, change)))
    assert.equal(made.filter(Boolean).length, 1)
    assert.equal(await check(1, `a new password ${made.indexOf(true)}`), true)
  })

  it('is not made when the password was replaced, or taken away, since it was proved', async (t) => {
    const { passwords, db, check } = await start(t)
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    const change = await ready(passwords, renewal)
    await passwords.replace(db, 1, await passwords.prepare('another one'))
    assert.equal(await passwords.change(db, change), false)
    assert.equal(await check(1, 'another one'), true)
    await passwords.remove(db, 1)
    assert.equal(await passwords.change(db, change), false)
    assert.equal(await passwords.has(db, 1), false)
  })

  it('proves an imported hash too', async (t) => {
    const { passwords, db, check } = await start(t)
    await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
    assert.equal(await passwords.change(db, await ready(passwords, renewal)), true)
    assert.equal(await check(1, renewal.newPassword), true)
  })

  it('is seen by the time of it, also the second one of a millisecond', async (t) => {
    const { passwords, db } = await start(t)
    assert.equal(await passwords.changedAt(db, 1), null)
    const times: (number | null)[] = []
    for (const password of ['first of three', 'second of three', 'third of three']) {
      await passwords.replace(db, 1, await passwords.prepare(password))
      times.push(await passwords.changedAt(db, 1))
    }
    assert.deepEqual(times, [0, 1, 2])
  })

  it('is none when a hash is only made anew', async (t) => {
    const { passwords, db, clock, check } = await start(t)
    await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
    clock.time = 5_000
    assert.equal(await check(1, PHRASE), true)
    assert.equal(await passwords.changedAt(db, 1), 0)
  })
})

describe('a user', () => {
  it('has a password when there is one that can be checked', async (t) => {
    const { passwords, db } = await start(t)
    assert.equal(await passwords.has(db, 1), false)
    await passwords.set(db, 1, await passwords.prepare(PHRASE))
    const imported = [DJANGO, UNUSABLE, UNKNOWN].map((hash, index) => ({ userId: index + 2, hash }))
    await passwords.importHashes(db, imported)
    const has = await Promise.all([1, 2, 3, 4].map((id) => passwords.has(db, id)))
    assert.deepEqual(has, [true, true, false, false])
  })

  it('is given a password in the place of another one, or of none', async (t) => {
    const { passwords, db, check } = await start(t)
    for (const password of [PHRASE, 'another one']) {
      await passwords.replace(db, 1, await passwords.prepare(password))
      assert.equal(await check(1, password), true)
    }
    assert.equal(await check(1, PHRASE), false)
  })
})

describe('a hash from Django', () => {
  it('is checked as it is and becomes ours at the first right password', async (t) => {
    const { passwords, db, check, row } = await start(t)
    await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
    assert.equal((await row(1))?.scheme, 'pbkdf2_sha256$1000')
    assert.equal(await check(1, 'wrong'), false)
    assert.equal((await row(1))?.hash, DJANGO)
    assert.equal(await check(1, PHRASE), true)
    assert.match((await row(1))?.hash ?? '', /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
    assert.equal((await row(1))?.scheme, OWN)
    assert.equal(await check(1, PHRASE), true)
    assert.equal(await check(1, 'wrong'), false)
  })

  it('matches with a stray blank, and without it ever after', async (t) => {
    const { passwords, db, check } = await start(t)
    await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
    assert.equal(await check(1, `${PHRASE} `), true)
    assert.equal(await check(1, PHRASE), true)
  })

  it('is rewritten by one of several logins at a time; all of them succeed', async (t) => {
    const { passwords, db, check, row } = await start(t)
    await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => check(1, PHRASE)))
    assert.deepEqual(outcomes, [true, true, true, true, true])
    assert.equal((await row(1))?.scheme, OWN)
    assert.equal(await check(1, PHRASE), true)
  })

  it('is not rewritten when it was replaced while it was checked', async (t) => {
    const { database, passwords, db, row, dependencies } = await start(t)
    await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
    const overtaken = createPasswords({
      ...dependencies,
      database: {
        ...database,
        statement: async (work) => {
          await passwords.importHashes(db, [{ userId: 1, hash: OTHER_DJANGO }])
          return database.statement(work)
        },
      },
    })
    assert.equal(await overtaken.check({ userId: 1, identifierKey: 'ann@example.com', password: PHRASE }), true)
    assert.equal((await row(1))?.hash, OTHER_DJANGO)
  })

  for (const [kind, hash] of Object.entries({ unusable: UNUSABLE, unknown: UNKNOWN })) {
    it(`that is ${kind} is kept, matches nothing, and gives way to the next import`, async (t) => {
      const { passwords, db, check, row } = await start(t)
      await passwords.importHashes(db, [{ userId: 1, hash }])
      assert.deepEqual(await row(1), { user_id: 1, hash, scheme: kind, changed_at: 0 })
      for (const password of [PHRASE, hash, 'password']) assert.equal(await check(1, password), false)
      await passwords.importHashes(db, [{ userId: 1, hash: DJANGO }])
      assert.equal(await check(1, PHRASE), true)
    })
  }

  it('is classified for reports, which never repeat it', async (t) => {
    const { passwords } = await start(t)
    assert.deepEqual(passwords.classify(DJANGO), { kind: 'usable', scheme: 'pbkdf2_sha256$1000' })
    assert.deepEqual(passwords.classify(UNUSABLE), { kind: 'unusable' })
    assert.deepEqual(passwords.classify(UNKNOWN), { kind: 'unknown', algorithm: 'md5' })
    assert.deepEqual(passwords.classify('letmein'), { kind: 'unknown', algorithm: 'unrecognised' })
  })
})

describe('an import', () => {
  it('replaces imported hashes that differ, and leaves those that are ours', async (t) => {
    const { passwords, db, clock, row } = await start(t)
    const prepared = await passwords.prepare(PHRASE)
    await passwords.set(db, 1, prepared)
    await passwords.importHashes(db, [
      { userId: 2, hash: DJANGO },
      { userId: 3, hash: DJANGO },
    ])
    clock.time = 5_000
    await passwords.importHashes(db, [
      { userId: 1, hash: DJANGO },
      { userId: 2, hash: DJANGO },
      { userId: 3, hash: UNUSABLE },
      { userId: 4, hash: OTHER_DJANGO },
    ])
    const scheme = 'pbkdf2_sha256$1000'
    assert.deepEqual(await row(1), { user_id: 1, ...prepared, changed_at: 0 })
    assert.deepEqual(await row(2), { user_id: 2, hash: DJANGO, scheme, changed_at: 0 })
    assert.deepEqual(await row(3), { user_id: 3, hash: UNUSABLE, scheme: 'unusable', changed_at: 5_000 })
    assert.deepEqual(await row(4), { user_id: 4, hash: OTHER_DJANGO, scheme, changed_at: 5_000 })
  })

  it('takes thousands at once, the last of a repeated user, and none', async (t) => {
    const { passwords, db, row } = await start(t)
    const rows = Array.from({ length: 2_500 }, (_, i) => ({ userId: i + 1, hash: DJANGO }))
    await passwords.importHashes(db, [...rows, { userId: 7, hash: OTHER_DJANGO }])
    await passwords.importHashes(db, [])
    const { count } = await db
      .selectFrom('password')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    assert.equal(Number(count), 2_500)
    assert.equal((await row(7))?.hash, OTHER_DJANGO)
    assert.equal((await row(2_500))?.hash, DJANGO)
  })
})

async function ready(passwords: Passwords, change: PasswordChange): Promise<PreparedChange> {
  const plan = await passwords.prepareChange(change)
  assert.ok(plan.kind === 'ready', plan.kind)
  return plan.change
}

/** Passwords over an empty SQLite database. */
async function start(t: TestContext, config: Partial<PasswordsConfig> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'passwords-'))
  const database = openDatabase({ kind: 'sqlite', file: join(folder, 'test.db') }, 1)
  t.after(async () => {
    await database.close()
    await rm(folder, { recursive: true })
  })
  await migrate(database.db)
  const clock = { time: 0, now: () => clock.time }
  const sealer = createSealer('0123456789abcdef0123456789abcdef')
  const [logger, fetch] = [createLogger('silent'), createFetch()]
  const dependencies = { database, clock, logger, sealer, fetch, config: { ...cheap, ...config } }
  const passwords = createPasswords(dependencies)
  return {
    dependencies,
    database,
    db: database.db,
    clock,
    passwords,
    check: (userId: number | undefined, password: string) =>
      passwords.check({ userId, identifierKey: `${userId}@example.com`, password }),
    row: async (userId: number) => {
      const row = await database.db.selectFrom('password').selectAll().where('user_id', '=', userId).executeTakeFirst()
      return row && { ...row } // without SQLite's null prototype
    },
  }
}
