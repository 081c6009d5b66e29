import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findScheme, ownScheme } from './scheme.ts'

describe('a hashing scheme', () => {
  it('computes scrypt as RFC 7914 §12 does', async () => {
    const digest = await derive('scrypt$1024$8$16', 'password', 'NaCl', 64)
    assert.equal(
      digest.toString('hex'),
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    )
  })

  it('computes PBKDF2 with SHA-256 as RFC 7914 §11 does', async () => {
    const digest = await derive('pbkdf2-sha256$i=1,l=64', 'passwd', 'salt', 64)
    assert.equal(
      digest.toString('hex'),
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    )
  })

  it('computes PBKDF2 with SHA-1 as RFC 6070 §2 does', async () => {
    const digest = await derive('pbkdf2_sha1$4096', 'password', 'salt', 20)
    assert.equal(digest.toString('hex'), '4b007901b765489abead49d926f721d065a429c1')
  })

  it('is named by what is configured', () => {
    assert.equal(ownScheme({ memoryKib: 19456, passes: 2, parallelism: 1 }).name, 'argon2id$v=19$m=19456,t=2,p=1')
  })

  it('can be configured with the most that the settings take', () => {
    for (const [memoryKib, passes, parallelism] of [
      [7168, 20, 16],
      [104_857, 20, 1],
      [524_288, 4, 16],
    ] as const)
      ownScheme({ memoryKib, passes, parallelism })
  })

  const outOfBounds = [
    ['less memory than 8 KiB per lane (RFC 9106 §3.1)', { memoryKib: 15, passes: 2, parallelism: 2 }],
    ['more memory than half a gigabyte', { memoryKib: 524_289, passes: 1, parallelism: 1 }],
    ['so many passes that one hash takes seconds', { memoryKib: 19_456, passes: 1000, parallelism: 1 }],
    ['no pass', { memoryKib: 19_456, passes: 0, parallelism: 1 }],
    ['a fraction', { memoryKib: 19_456.5, passes: 2, parallelism: 1 }],
  ] as const
  for (const [what, parameters] of outOfBounds) {
    it(`cannot be configured with ${what}`, () => {
      assert.throws(() => ownScheme(parameters), TypeError)
    })
  }

  const refused = [
    'pbkdf2_sha256$10000001',
    'pbkdf2_sha256$0',
    'pbkdf2_sha256$0600000',
    'pbkdf2_sha256$99999999999999999999',
    'pbkdf2_sha512$1000',
    'bcrypt$03',
    'bcrypt$16',
    'bcrypt_sha256$31',
    'scrypt$1$8$1',
    'scrypt$1000$8$1',
    'scrypt$1048576$8$1',
    'scrypt$65536$1$1', // RFC 7914 §6: N below 2^(128 · r / 8)
    'argon2id$v=16$m=64,t=2,p=1',
    'argon2id$v=19$m=1048576,t=1,p=1',
    'argon2id$v=19$m=524288,t=5,p=1',
    'argon2id$v=19$m=8,t=1,p=2',
    'argon2i$v=19$m=64,t=2,p=1',
    'argon2d$v=19$m=64,t=2,p=1',
    'pbkdf2-sha256$i=1000',
    'pbkdf2-sha256$i=5000001,l=64',
    'pbkdf2-sha256$i=1000,l=129',
    'pbkdf2-sha224$i=1000,l=28',
    '2x$12',
    '2b$16',
    'scrypt$ln=20,r=8,p=1',
    'scrypt$ln=0,r=8,p=1',
    'scrypt$ln=99,r=1000000,p=1',
    'firebase-scrypt$ln=20,r=8,p=1',
    'ssha384',
    'ssha',
    'md5',
    '',
  ]
  for (const name of refused) {
    it(`is not known as ${name || 'nothing'}`, () => {
      assert.equal(findScheme(name), undefined)
    })
  }

  const edges = [
    'scrypt$32768$1$1',
    'scrypt$ln=10,r=1,p=1',
    'argon2$argon2d$v=19$m=8,t=1,p=1',
    '2y$04',
    'scrypt$2$1$1',
    'scrypt$16$1$4096',
    'argon2id$v=19$m=2048,t=1,p=256',
    'bcrypt$04',
  ]
  for (const name of edges) {
    it(`can be computed at the edge of what is known: ${name}`, async () => {
      const digest = await derive(name, 'password', 'standinforunknownuser.', 31)
      assert.equal(digest.length, 31)
    })
  }
})

async function derive(name: string, password: string, salt: string, bytes: number): Promise<Buffer> {
  const scheme = findScheme(name)
  assert.ok(scheme, name)
  return scheme.derive(Buffer.from(password), Buffer.from(salt), bytes)
}
