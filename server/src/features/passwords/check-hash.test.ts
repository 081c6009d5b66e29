import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { candidatesFor, checkHash } from './check-hash.ts'
import { makeHash } from './own-hash.ts'
import { findScheme, ownScheme, type Scheme } from './scheme.ts'
import { isMatch, type PasswordHash, readHash } from './stored-hash.ts'

const own = ownScheme({ memoryKib: 64, passes: 1, parallelism: 1 })

// Made with Django 3.2.25: `get_hasher('pbkdf2_sha256').encode(password, 'sAltsAltsAltsAltsAltsA', 1000)`.
const django = {
  phrase: 'pbkdf2_sha256$1000$ZuT1Gx0HkDmv0PZ3gsDJqJ$Brcd65Rm2KMke2r42ZUBtjf1xvmOscallrhcxv/QC98=',
  'été-été composed': 'pbkdf2_sha256$1000$sAltsAltsAltsAltsAltsA$qFeOVAQV0nblRn6mnH4pU8jNct8Ee60oivrMJUL1WoY=',
  'été-été decomposed': 'pbkdf2_sha256$1000$sAltsAltsAltsAltsAltsA$n9ygy3lvDz4ngHynEo00ScQdKnNQwepMoO1a6nGNPcs=',
  empty: 'pbkdf2_sha256$1000$sAltsAltsAltsAltsAltsA$4tl0zaodS/z5lNtZtlt5Sv6eeDyH/5DkzOR659lmEF8=',
}
const PHRASE = 'correct horse battery staple'
const SUMMER = 'été-été'.normalize('NFC')

describe('our hashes', () => {
  it('are PHC strings with a salt of 16 and a digest of 32 bytes', async () => {
    const { hash, scheme } = await makeHash(own, PHRASE)
    assert.match(hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.equal(scheme, 'argon2id$v=19$m=64,t=1,p=1')
  })

  it('of one password differ', async () => {
    assert.notEqual((await makeHash(own, PHRASE)).hash, (await makeHash(own, PHRASE)).hash)
  })

  it('match however the letters are composed', async () => {
    const hash = await made(own, SUMMER.normalize('NFD'))
    assert.equal((await checkHash(hash, SUMMER, own)).kind, 'right')
    assert.equal((await checkHash(hash, SUMMER.normalize('NFD'), own)).kind, 'right')
  })

  it('match the password as typed, blanks and every byte of it included', async () => {
    const long = ` ${'0123456789'.repeat(12)}\0 end`
    const hash = await made(own, long)
    assert.equal((await checkHash(hash, long, own)).kind, 'right')
    for (const other of [long.trim(), long.slice(0, -1), long.replace('\0', '')]) {
      assert.equal((await checkHash(hash, other, own)).kind, 'wrong', other)
    }
  })

  it('stay when their parameters are the configured ones', async () => {
    assert.deepEqual(await checkHash(await made(own, PHRASE), PHRASE, own), { kind: 'right', successor: undefined })
  })

  it('are made anew when the parameters were changed', async () => {
    const stronger = ownScheme({ memoryKib: 128, passes: 1, parallelism: 1 })
    await assertSuccessor(await checkHash(await made(own, PHRASE), PHRASE, stronger), stronger, PHRASE)
  })
})

describe('Django’s hashes', () => {
  it('become ours when the right password is typed', async () => {
    await assertSuccessor(await checkHash(read(django.phrase), PHRASE, own), own, PHRASE)
  })

  it('refuse a wrong password', async () => {
    assert.deepEqual(await checkHash(read(django.phrase), 'wrong horse', own), { kind: 'wrong' })
  })

  it('also match with surrounding white space, and then stay: without it the next login must succeed too', async () => {
    const typed = `\u00a0\t${PHRASE}\x1c\u3000 `
    assert.deepEqual(await checkHash(read(django.phrase), typed, own), { kind: 'right', successor: undefined })
  })

  it('do not match with characters that Python takes for no white space, NUL among them', async () => {
    for (const blank of ['\ufeff', '\u200b', '\0']) {
      assert.equal(
        (await checkHash(read(django.phrase), `${PHRASE}${blank}`, own)).kind,
        'wrong',
        JSON.stringify(blank),
      )
    }
  })

  it('match the password as typed, and its composed form', async () => {
    const decomposed = SUMMER.normalize('NFD')
    await assertSuccessor(await checkHash(read(django['été-été decomposed']), decomposed, own), own, SUMMER)
    await assertSuccessor(await checkHash(read(django['été-été composed']), decomposed, own), own, SUMMER)
    assert.equal((await checkHash(read(django['été-été decomposed']), SUMMER, own)).kind, 'wrong')
  })

  it('of nothing match nothing', async () => {
    for (const typed of ['', ' ', ' \t ']) assert.equal((await checkHash(read(django.empty), typed, own)).kind, 'wrong')
  })

  it('of bcrypt match no password with more bytes than bcrypt looks at (CVE-2025-22228)', async () => {
    const hash = read('bcrypt$$2b$04$8IZDcgu3bAeTA7Ps1lNSiu8E3Og0SvJrBx48QzK0/LI0gU4vxHzum')
    const digits = '0123456789'.repeat(8)
    await assertSuccessor(await checkHash(hash, digits.slice(0, 72), own), own, digits.slice(0, 72))
    assert.deepEqual(await checkHash(hash, digits.slice(0, 73), own), { kind: 'wrong' })
  })

  const scheme = findScheme('pbkdf2_sha256$1000')
  const tries: readonly [string, string[]][] = [
    ['plain', ['plain']],
    [' plain', [' plain', 'plain']],
    [' e\u0301', [' e\u0301', 'e\u0301', ' é', 'é']],
    ['  ', ['  ']],
  ]
  for (const [typed, candidates] of tries) {
    it(`are tried with ${candidates.length} forms of ${JSON.stringify(typed)}`, () => {
      assert.ok(scheme)
      assert.deepEqual(candidatesFor(scheme, typed), candidates)
    })
  }

  it('are tried without blanks in a moment, however many there are', () => {
    assert.ok(scheme)
    const typed = `a${' '.repeat(4094)}b`
    const startedAt = performance.now()
    for (let i = 0; i < 100; i++) candidatesFor(scheme, typed)
    assert.ok(performance.now() - startedAt < 500) // a regular expression with a loop at the end takes ten times as long
  })
})

async function made(scheme: Scheme, password: string): Promise<PasswordHash> {
  return read((await makeHash(scheme, password)).hash)
}

function read(text: string): PasswordHash {
  const reading = readHash(text)
  assert.equal(reading.kind, 'usable', text)
  return (reading as { hash: PasswordHash }).hash
}

async function assertSuccessor(check: Awaited<ReturnType<typeof checkHash>>, scheme: Scheme, normalForm: string) {
  assert.equal(check.kind, 'right')
  const { successor } = check as { successor: { hash: string; scheme: string } | undefined }
  assert.equal(successor?.scheme, scheme.name)
  assert.equal(await isMatch(read(successor?.hash ?? ''), normalForm), true)
}
