import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkHash } from './check-hash.ts'
import { type ForeignHash, storedForm } from './foreign-hash.ts'
import { ownScheme } from './scheme.ts'
import { isMatch, type PasswordHash, readHash, standInHash } from './stored-hash.ts'

const PHRASE = 'correct horse battery staple'
const own = ownScheme({ memoryKib: 64, passes: 1, parallelism: 1 })

const signerKey = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
const project = { signer_key: signerKey, salt_separator: 'Bw==', rounds: 8, mem_cost: 14 }

/** Published ones, each with where. */
const published: readonly [where: string, password: string, hash: string | ForeignHash][] = [
  [
    'firebase/scrypt, README: "Password hashing"',
    'user1password',
    firebase(
      'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
      '42xEC+ixf3L2lw==',
    ),
  ],
  [
    'firebase-admin-go, integration tests of imports',
    'password',
    firebase('V358E8LdWJXAO7muq0CufVpEOXaj8aFiC7T/rcaGieN04q/ZPJ08WhJEHGjj9lz/2TT+/86N5VjVoc5DdBhBiw==', 'TmFDbA=='),
  ],
  ['crypt_blowfish', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['crypt_blowfish', 'U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  [
    'RFC 7914 §12 as a PHC string',
    'password',
    '$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA',
  ],
  [
    'RFC 7914 §12 as a PHC string',
    'pleaseletmein',
    '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
  ],
  [
    'passlib, scrypt',
    'test',
    '$scrypt$ln=8,r=8,p=1$wlhLyXmP8b53bm1NKYVQqg$mTpvG8lzuuDk+DWz8HZIB6Vum6erDuUm0As5yU+VxWA',
  ],
  ['RFC 6070 §2 as a PHC string', 'password', '$pbkdf2-sha1$i=4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE'],
  [
    'passlib, pbkdf2_sha256',
    'password',
    '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
  ],
  ['passlib, pbkdf2_sha1', 'password', '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI'],
  [
    'passlib, ldap_pbkdf2_sha512',
    'password',
    '{PBKDF2-SHA512}1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww',
  ],
  [
    'P-H-C/phc-winner-argon2, src/test.c',
    'password',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  ],
  [
    'P-H-C/phc-winner-argon2, src/test.c',
    'password',
    '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
  ],
  [
    'passlib, argon2',
    'password',
    '$argon2d$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$cZn5d+rFh+ZfuRhm2iGUGgcrW5YLeM6q7L3vBsdmFA0',
  ],
  [
    'passlib, ldap_salted_sha512',
    'toomanysecrets',
    '{SSHA512}wExp4xjiCHS0zidJDC4UJq9EEeIebAQPJ1PWSwfhxWjfutI9XiiKuHm2AE41cEFfK+8HyI8bh+ztbczUGsvVFIgICWWPt7qu',
  ],
]

// Made with Python 3.11: hashlib, argon2-cffi 21.1 and bcrypt 3.2.2; the salt is bytes 0 to 15, or 0 to 7 with LDAP.
const made: readonly [what: string, hash: string | ForeignHash][] = [
  ['PBKDF2-SHA-1, PHC', '$pbkdf2-sha1$i=1000,l=20$AAECAwQFBgcICQoLDA0ODw$AOm/kOb/+YAZ3ZwSogYgNu9fO1g'],
  [
    'PBKDF2-SHA-256, PHC',
    '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4',
  ],
  [
    'PBKDF2-SHA-512, PHC',
    '$pbkdf2-sha512$i=1000,l=64$AAECAwQFBgcICQoLDA0ODw$A6AmFIti7CKlYdoPiV9jf1d9llp37o27Wms8Zx8fwMJGCOigJzAthOW3Pg+XF5PnNiYnsQsIz1N5NtynrEm78w',
  ],
  [
    'PBKDF2-SHA-256 of Keycloak, 64 bytes',
    keycloak(
      '{"hashIterations":1000,"algorithm":"pbkdf2-sha256","additionalParameters":{}}',
      '{"value":"ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ7TX23G+6QgERwdCrtdq7/IU5aB6IVSOpTz6igHBLZ5Gw==","salt":"AAECAwQFBgcICQoLDA0ODw==","additionalParameters":{}}',
    ),
  ],
  [
    'PBKDF2-SHA-512 of Keycloak, as objects',
    keycloak(
      { hashIterations: 1000, algorithm: 'pbkdf2-sha512' },
      {
        value: 'A6AmFIti7CKlYdoPiV9jf1d9llp37o27Wms8Zx8fwMJGCOigJzAthOW3Pg+XF5PnNiYnsQsIz1N5NtynrEm78w==',
        salt: 'AAECAwQFBgcICQoLDA0ODw==',
      },
    ),
  ],
  [
    'PBKDF2-SHA-1 of Keycloak',
    keycloak(
      { hashIterations: 1000, algorithm: 'pbkdf2' },
      {
        value: 'AOm/kOb/+YAZ3ZwSogYgNu9fO1g98616UUT2x3Jzcezc674WB6rf1PmFu7KUTJ/kBMpXzOJ47gHQ2i8osqaCHQ==',
        salt: 'AAECAwQFBgcICQoLDA0ODw==',
      },
    ),
  ],
  [
    'Argon2id of Keycloak',
    keycloak(
      '{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}',
      '{"value":"8cZyfmGLYgTYc8avb2ZXWqFShr92bklhQdS/tplOl9k=","salt":"AAECAwQFBgcICQoLDA0ODw==","additionalParameters":{}}',
    ),
  ],
  [
    'bcrypt of an extension of Keycloak',
    keycloak(
      '{"hashIterations":-1,"algorithm":"bcrypt"}',
      '{"value":"$2b$04$4EP8b8EIiNnRfApfgRMuJe4RIvNfApuTk3HKUQMuC4ayA7W4GuQZa","salt":""}',
    ),
  ],
  ['Argon2id', '$argon2id$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$3lna1VFG/f/wo75QIhAuAd1qbdP6wPuUV2Zp7X1x+NY'],
  ['Argon2i', '$argon2i$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$fNshOaxMvBkd81S5W5ObP38Pgn4g6+6nYpus/0NzeRo'],
  ['Argon2d', '$argon2d$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$zX7JqnrvB0Hki4rgPhFYpTLdtaV8sLJ3eSZo9LYJk8w'],
  [
    'Argon2d of LDAP',
    '{ARGON2}$argon2d$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$zX7JqnrvB0Hki4rgPhFYpTLdtaV8sLJ3eSZo9LYJk8w',
  ],
  ['bcrypt 2a', '$2a$04$mfsAEHy83E2sjKs1OPTcYOdvDD2YNo5SoTG03qh95uBiMTpbhsimC'],
  ['bcrypt 2b', '$2b$04$4EP8b8EIiNnRfApfgRMuJe4RIvNfApuTk3HKUQMuC4ayA7W4GuQZa'],
  ['bcrypt 2y', '$2y$04$Z/5Lhz4S2DuZK5BbeFRsheRN97qFO46OveskPLhfrAIggwH2fReBa'],
  ['bcrypt of LDAP', '{CRYPT}$2y$04$Z/5Lhz4S2DuZK5BbeFRsheRN97qFO46OveskPLhfrAIggwH2fReBa'],
  ['scrypt, PHC', '$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$wk79EttC618m617oirShLZuxJkXcX6rXHrrS9rQQ/44'],
  [
    'scrypt of Werkzeug',
    'scrypt:1024:8:1$saltsalt$2448aadf54e80d754b7a4a0f8826173bb78b80205e60a1d9d6e96061b10461c6bd2d33e792bde2db6990eff8be325c36b2cc23bc3773caf154a6a340574f1c27',
  ],
  [
    'PBKDF2 of Werkzeug',
    'pbkdf2:sha256:1000$saltsalt$cf34d5364a5d9c3b1059996837fccff2f514ef80426c70ffb434974b8cd73d2b',
  ],
  ['SSHA', '{SSHA}o7B+j1mFfbmEwTcG4Xb9GJL9mOYAAQIDBAUGBw=='],
  ['SSHA-256', '{SSHA256}9kf/3D71KxmHT9Pb5mkLVDsK0aL0nXs/BAH9FvojYfgAAQIDBAUGBw=='],
  [
    'SSHA-512',
    '{SSHA512}C60PG8jXLwILP4EJr4IANpDp4FG4s4NDCQ7KItToRaXLPI2HHTfYWOpDo0eYNyI2kmGa1pIy6m4GGaptK3zJvgABAgMEBQYH',
  ],
  ['PBKDF2 as Django has it', 'pbkdf2_sha256$1000$ZuT1Gx0HkDmv0PZ3gsDJqJ$Brcd65Rm2KMke2r42ZUBtjf1xvmOscallrhcxv/QC98='],
]

describe('a hash of another server', () => {
  for (const [where, password, hash] of published) {
    it(`matches its password, as published: ${where}, ${password}`, async () => {
      assert.equal(await isMatch(stored(hash), password), true)
      assert.equal(await isMatch(stored(hash), `${password}.`), false)
    })
  }

  for (const [what, hash] of made) {
    it(`matches its password and no other one, and becomes ours: ${what}`, async () => {
      const read = stored(hash)
      assert.notEqual(read.scheme.origin, 'own')
      const checked = await checkHash(read, PHRASE, own)
      assert.ok(checked.kind === 'right' && checked.successor)
      assert.equal(checked.successor.scheme, own.name)
      assert.equal(await isMatch(usable(checked.successor.hash), PHRASE), true)
      for (const other of [`${PHRASE} `, PHRASE.toUpperCase(), `${PHRASE}\0`, `${PHRASE}\0${PHRASE}`]) {
        assert.equal(await isMatch(read, other), false, JSON.stringify(other))
      }
    })
  }

  it('has a stand-in for unknown users, of its scheme, that matches nothing and is computed as it is', async () => {
    for (const [what, hash] of made) {
      const standIn = standInHash(stored(hash).scheme)
      assert.equal(
        standIn.digest.length,
        (await standIn.scheme.derive(Buffer.from('x'), standIn.salt, standIn.digest.length)).length,
        what,
      )
      assert.equal((await checkHash(standIn, PHRASE, own)).kind, 'wrong', what)
    }
  })

  it('matches a password outside of ASCII, also when the other server did not compose it', async () => {
    const cyrillic = stored(
      '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$O0PyE/jqmn0SJICln1v+As+BidWYTef77hDIa8riqeM',
    )
    assert.equal((await checkHash(cyrillic, 'пароль é', own)).kind, 'right')
    const decomposed = stored(
      '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$2u83za/c53WnA/BRVvpAk0TLLxfSm/bHwrrQbfTU8To',
    )
    assert.equal((await checkHash(decomposed, 'été-été'.normalize('NFD'), own)).kind, 'right')
  })

  it('keeps the signer key of a Firebase project in no row', () => {
    const [, , hash] = published[0] ?? assert.fail()
    const form = storedForm(hash as ForeignHash) ?? ''
    assert.match(form, /^\$firebase-scrypt\$ln=14,r=8,p=1\$/)
    assert.ok(!form.includes(signerKey.slice(0, 20)))
  })

  const digits = '0123456789'.repeat(10)
  it('of bcrypt matches no password that only begins like the right one (CVE-2025-22228)', async () => {
    const of72 = stored('$2b$04$8IZDcgu3bAeTA7Ps1lNSiu8E3Og0SvJrBx48QzK0/LI0gU4vxHzum') // bcrypt makes the same of 73 bytes
    assert.equal(await isMatch(of72, digits.slice(0, 72)), true)
    for (const length of [71, 73, 100]) assert.equal(await isMatch(of72, digits.slice(0, length)), false, `${length}`)
  })

  // CVE-2026-87806: an empty password must be refused before anything is asked.
  const ofNothing = [
    '$2b$04$8IZDcgu3bAeTA7Ps1lNSiuM315TdPcLigmm8LJyPRKEcFgTiLTtUO',
    '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$xbMBsf1hvO1j8AZCojBOxnRRn7182DxLyD2v4XQ/mFU',
    '$argon2id$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$A/VB66ORoTLoA3XP2FfrsSAJzMqxoT7q41pDFTWqKE4',
    '$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$yeocOL5JKQHCjYcz0CLn6R0m6rekRPrwgY6ypWwEmao',
    '{SSHA}Z0I+v6hFTxmsb0aG1sDccxo93WsAAQIDBAUGBw==',
    '{SSHA256}ioUf+C7nBIrQnsOEfx3fRJRBBNLL0X7049sixnhaDUUAAQIDBAUGBw==',
  ]
  for (const text of ofNothing) {
    it(`of nothing matches neither nothing, nor blanks, nor NUL (CVE-2026-87806): ${text.slice(0, 12)}`, async () => {
      for (const typed of ['', ' ', ' \t ', '\0', '\0\0']) {
        assert.equal((await checkHash(stored(text), typed, own)).kind, 'wrong', JSON.stringify(typed))
      }
    })
  }
})

describe('what is stored of a hash', () => {
  const unreadable: readonly [why: string, hash: string | ForeignHash][] = [
    ['nothing', ''],
    ['a bare password', 'letmein'],
    ['a bare MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['LDAP without salt', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['LDAP with a salt of nothing', '{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['LDAP in the clear', '{CLEARTEXT}letmein'],
    ['bcrypt with the bug of 2x', '$2x$04$8IZDcgu3bAeTA7Ps1lNSiu8E3Og0SvJrBx48QzK0/LI0gU4vxHzum'],
    ['bcrypt cut short', '$2b$04$8IZDcgu3bAeTA7Ps1lNSiu8E3Og0SvJrBx48QzK0/LI0gU4vxHzu'],
    ['bcrypt that takes minutes', '$2b$31$8IZDcgu3bAeTA7Ps1lNSiu8E3Og0SvJrBx48QzK0/LI0gU4vxHzum'],
    [
      'Argon2 of version 1.0',
      '$argon2id$v=16$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$La4abbgz9fxJhhnNH1Y/zCzbqdtDZSd/sFyj6yGrIDI',
    ],
    [
      'Argon2 with a gigabyte',
      '$argon2id$v=19$m=1048576,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$3lna1VFG/f/wo75QIhAuAd1qbdP6wPuUV2Zp7X1x+NY',
    ],
    [
      'Argon2 with a hundred thousand passes',
      '$argon2id$v=19$m=64,t=100000,p=2$AAECAwQFBgcICQoLDA0ODw$3lna1VFG/f/wo75QIhAuAd1qbdP6wPuUV2Zp7X1x+NY',
    ],
    [
      'scrypt with a gigabyte',
      '$scrypt$ln=20,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$wk79EttC618m617oirShLZuxJkXcX6rXHrrS9rQQ/44',
    ],
    [
      'scrypt whose cost is no power of two',
      'scrypt:1000:8:1$saltsalt$2448aadf54e80d754b7a4a0f8826173bb78b80205e60a1d9d6e96061b10461c6',
    ],
    [
      'PBKDF2 with a hundred million rounds',
      '$pbkdf2-sha256$i=100000000,l=32$AAECAwQFBgcICQoLDA0ODw$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4',
    ],
    [
      'PBKDF2 whose digest is four times as long as the rounds allow',
      `$pbkdf2-sha256$i=4000000,l=128$AAEC$${'A'.repeat(171)}`,
    ],
    ['PBKDF2 with half a digest', '$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$ppsXnjrdPB4'],
    ['a text of a megabyte', `$argon2id$v=19$m=64,t=2,p=2$${'A'.repeat(1e6)}$${'A'.repeat(43)}`],
    ['a salt that fits no column', `{SSHA}${Buffer.alloc(600).toString('base64')}`],
    ['Firebase without its project', { format: 'firebase-scrypt', text: 'lSrfV15cpx95', parameters: {} }],
    ['Firebase with a memory of 64 GiB', firebase(signerKey, 'TmFDbA==', { mem_cost: 26 })],
    ['Firebase with a hash of another length than the signer key', firebase('lSrfV15cpx95', 'TmFDbA==')],
    [
      'Firebase with parameters of other types',
      firebase(signerKey, 'TmFDbA==', { rounds: '8; drop', salt_separator: 7 }),
    ],
    ['Keycloak without its credential', { format: 'keycloak', text: '', parameters: {} }],
    ['Keycloak with broken JSON', keycloak('{"hashIterations":', '{}')],
    ['Keycloak with an algorithm of somebody else', keycloak({ algorithm: 'md5' }, { value: 'AAAA', salt: 'AAAA' })],
  ]
  for (const [why, hash] of unreadable) {
    it(`is nothing when it cannot be checked: ${why}`, () => assert.equal(storedForm(foreign(hash)), undefined))
  }

  it('is the same whether base64 is padded or not', () => {
    const [salt, digest] = ['AAECAwQFBgcICQoLDA0ODw', 'ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4']
    const plain = storedForm(foreign(`$pbkdf2-sha256$i=1000$${salt}$${digest}`))
    assert.equal(plain, `$pbkdf2-sha256$i=1000,l=32$${salt}$${digest}`)
    assert.equal(storedForm(foreign(`$pbkdf2-sha256$i=1000,l=32$${salt}==$${digest}=`)), plain)
  })

  it('never counts as written by us: an import of another day may bring another one', () => {
    for (const [, , hash] of published) assert.ok(!storedForm(foreign(hash))?.startsWith('$argon2id$'))
  })

  it('is made without an error, whatever is given', () => {
    const format = fc.constantFrom('text' as const, 'firebase-scrypt' as const, 'keycloak' as const)
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...made.map(([, hash]) => String(hash))))
    const parameters = fc.dictionary(
      fc.constantFrom('salt', 'signer_key', 'salt_separator', 'rounds', 'mem_cost', 'credentialData', 'secretData'),
      fc.oneof(fc.anything(), fc.json(), fc.base64String()),
    )
    fc.assert(
      fc.property(fc.record({ format, text, parameters }), (hash) => {
        const form = storedForm(hash)
        return form === undefined || readHash(form).kind === 'usable'
      }),
    )
  })
})

function foreign(hash: string | ForeignHash): ForeignHash {
  return typeof hash === 'string' ? { format: 'text', text: hash, parameters: {} } : hash
}

function firebase(text: string, salt: string, changes: object = {}): ForeignHash {
  return { format: 'firebase-scrypt', text, parameters: { ...project, salt, ...changes } }
}

function keycloak(credentialData: unknown, secretData: unknown): ForeignHash {
  return { format: 'keycloak', text: '', parameters: { credentialData, secretData } }
}

function stored(hash: string | ForeignHash): PasswordHash {
  return usable(storedForm(foreign(hash)) ?? assert.fail('not readable'))
}

function usable(text: string): PasswordHash {
  const reading = readHash(text)
  assert.ok(reading.kind === 'usable', text)
  return reading.hash
}
