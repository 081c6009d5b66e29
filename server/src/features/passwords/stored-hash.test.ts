import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isMatch, type PasswordHash, readHash, standInHash } from './stored-hash.ts'

const PHRASE = 'correct horse battery staple'

// Made with Django 3.2.25, argon2-cffi 21.1 and bcrypt 3.2.2: `make_password(PHRASE, hasher=…)` for the first five,
// `get_hasher(…).encode(password, salt, iterations)` and `argon2.low_level.hash_secret` for cheap ones; scrypt with
// `hashlib.scrypt(…, dklen=64)` in the format of Django 4.0's ScryptPasswordHasher.
const djangoHashes: readonly [what: string, scheme: string, hash: string][] = [
  [
    'PBKDF2 as Django 3.2 makes it',
    'pbkdf2_sha256$260000',
    'pbkdf2_sha256$260000$6WQZDkqJOgnme3bzNirBYV$QQx+Zy3V8vTM5CbIpVCDYTLv83kmEPFxBQC22rZJQwo=',
  ],
  ['PBKDF2 with SHA-1', 'pbkdf2_sha1$260000', 'pbkdf2_sha1$260000$J4Ds1SjfL9S9F2gApXnpku$KnKeTmUhyXCUk5Sie0IvtwM/ke8='],
  [
    'Argon2 with Django’s parameters and a digest of 16 bytes',
    'argon2$argon2id$v=19$m=102400,t=2,p=8',
    'argon2$argon2id$v=19$m=102400,t=2,p=8$SzJxUHIzeEVMb0N3ZERueExjSEtaRA$0s6ZnzCtXmnP4wyEOOQrMQ',
  ],
  [
    'bcrypt of the SHA-256',
    'bcrypt_sha256$12',
    'bcrypt_sha256$$2b$12$pywhfI4Ao7dbPp5CbRdhxOdywdBhz7Q2zqWz1.reu/7Y9fugnjrMC',
  ],
  ['bcrypt', 'bcrypt$12', 'bcrypt$$2b$12$4bZTUFO3FBjOmnf9L5sZ5.4eEBuulegBDSvvT6GkUG/B8Z.E8drVa'],
  [
    'PBKDF2 as Django 4.2 makes it',
    'pbkdf2_sha256$600000',
    'pbkdf2_sha256$600000$ZuT1Gx0HkDmv0PZ3gsDJqJ$vq6pzT248jZNtrgEOLTTXEmx6psasrSV8IIJvd1/LOQ=',
  ],
  [
    'PBKDF2 with a salt outside of ASCII',
    'pbkdf2_sha256$1000',
    'pbkdf2_sha256$1000$соль$fH3zasCtLPHDU11PwDcVNxFd9M+H7Ilt9b0DX6DMiIs=',
  ],
  [
    'Argon2i',
    'argon2$argon2i$v=19$m=64,t=2,p=2',
    'argon2$argon2i$v=19$m=64,t=2,p=2$c0FsdHNBbHRzQWx0c0FsdHNBbHRzQQ$feyF5xHCMVUg0lvse7qXMjEMk+92YV7Oydl9yUKUgOI',
  ],
  [
    'Argon2 with a digest of 32 bytes',
    'argon2$argon2id$v=19$m=64,t=2,p=2',
    'argon2$argon2id$v=19$m=64,t=2,p=2$c0FsdHNBbHRzQWx0c0FsdHNBbHRzQQ$VtgCLWSgKtHXKXCg+MeJQkBpWYl3CBZmwOGHLcKheRo',
  ],
  ['bcrypt marked 2a', 'bcrypt$04', 'bcrypt$$2a$04$XUigGRkp.UPC.E2/CisMzOmg5Y.hoEWfj2rDVeiIHSCOD2xun.Xxa'],
  [
    'scrypt as Django 4.0 makes it',
    'scrypt$16384$8$1',
    'scrypt$16384$sAltsAltsAltsAltsAltsA$8$1$zFSmYjGroin4nnogox7OYto3vUMCBZIELpxLjh4Nu7hraGvJj9ZrPPPwDRG/vubztg4GN+F+dCVjmx95lEdulw==',
  ],
  [
    'scrypt with the parallelism of Django 5.1',
    'scrypt$16$8$5',
    'scrypt$16$sAltsAltsAltsAltsAltsA$8$5$xZfqK1UaASZhTjSwbxL4h1NH2kN/jBtSQ+vPCX/kmPWN1pn47E+fbmp4TZOrFl+d+BrXyGJTToGG6kCwCVnyiw==',
  ],
  [
    'a PHC string of another maker',
    'argon2id$v=19$m=64,t=2,p=1',
    '$argon2id$v=19$m=64,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$a5qURsXdtOI7xB/C2HtFDyK1P7xwcf5XwIxBiR3OrW4',
  ],
]

// P-H-C/phc-winner-argon2, src/test.c: the encoded strings of version 0x13.
const phcStrings = [
  ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  ['password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
  ['differentpassword', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94'],
  ['password', 'argon2$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
] as const

describe('a stored hash', () => {
  for (const [password, text] of phcStrings) {
    it(`of the Argon2 reference matches its password: ${text.slice(0, 40)}`, async () => {
      assert.equal(await isMatch(read(text), password), true)
      assert.equal(await isMatch(read(text), `${password}.`), false)
    })
  }

  for (const [what, scheme, text] of djangoHashes) {
    it(`matches its password only: ${what}`, async () => {
      const hash = read(text)
      assert.equal(hash.scheme.name, scheme)
      assert.equal(await isMatch(hash, PHRASE), true)
      assert.equal(await isMatch(hash, PHRASE.toUpperCase()), false)
    })
  }

  it('matches passwords outside of ASCII, and those with NUL', async () => {
    const cases = [
      ['пароль-пасворд-é-😀', 'R66iL+/CsWCUEylCsr7ggAXVnzj3iz4WHdn2sceuWM8='],
      ['nul\0inside it', '2lYk8te2Oj7FXpROCtC4UYKrzozqG7BcIm+xEpRHRS8='],
    ] as const
    for (const [password, digest] of cases) {
      const hash = read(`pbkdf2_sha256$1000$sAltsAltsAltsAltsAltsA$${digest}`)
      assert.equal(await isMatch(hash, password), true, password)
      assert.equal(await isMatch(hash, password.slice(0, 3)), false, password)
    }
  })

  const bcrypt = (digest: string) => read(`bcrypt$$2b$04$8IZDcgu3bAeTA7Ps1lNSiu${digest}`)
  const digits = '0123456789'.repeat(10)

  it('of bcrypt depends on the whole password: one that is longer than its 72 bytes is wrong (CVE-2025-22228)', async () => {
    const of71 = bcrypt('.PZDK3ADsiGbVj9IvmEh7tnsI41osYi')
    const of72 = bcrypt('8E3Og0SvJrBx48QzK0/LI0gU4vxHzum') // Django makes the same of 73 and of 100
    assert.equal(await isMatch(of71, digits.slice(0, 71)), true)
    assert.equal(await isMatch(of71, digits.slice(0, 72)), false)
    assert.equal(await isMatch(of72, digits.slice(0, 72)), true)
    for (const length of [71, 73, 100]) assert.equal(await isMatch(of72, digits.slice(0, length)), false, `${length}`)
  })

  it('of bcrypt that ends within a letter matches neither that letter nor what is before it', async () => {
    const hash = bcrypt('nNfaniwRsvANOWDZ/.YXm/IMKE/Fk72') // of 71 letters and the first byte of another one
    assert.equal(await isMatch(hash, `${'a'.repeat(71)}é`), false)
    assert.equal(await isMatch(hash, 'a'.repeat(71)), false)
  })

  it('of bcrypt matches no password with NUL, which would repeat the key', async () => {
    const ofA = read('bcrypt$$2b$04$8IZDcgu3bAeTA7Ps1lNSiuc.HM8EMcqZAnOiro/SAWe7/be4TDTqS')
    assert.equal(await isMatch(ofA, PHRASE), true)
    assert.equal(await isMatch(ofA, `${PHRASE}\0${PHRASE}`), false)
  })

  it('of bcrypt over SHA-256 depends on every byte, NUL and those behind the 72nd included', async () => {
    const of100 = read('bcrypt_sha256$$2b$04$GxJ6In/XRFGULCnWK5vwJ.xoR/LRwViRRgEAc.ncbQMmdkTvQJTQa')
    assert.equal(await isMatch(of100, digits), true)
    assert.equal(await isMatch(of100, digits.slice(0, 99)), false)
    const ofNul = read('bcrypt_sha256$$2b$04$RACwHEG5/8cs2AZsVBA2/.RvAVKBQbsysdJmFn0KnbFX4oPGGA9Wi')
    assert.equal(await isMatch(ofNul, 'nul\0inside it'), true)
    assert.equal(await isMatch(ofNul, 'nul'), false)
  })

  it('is unusable when Django marked it so', () => {
    assert.deepEqual(readHash('!zhX0stY87wmP3yzkLolQf5A7FPHWKuzaFNOm6f8M'), { kind: 'unusable' })
    assert.deepEqual(readHash('!'), { kind: 'unusable' })
  })

  const unknown: readonly [string, string][] = [
    ['', 'unrecognised'],
    ['letmein', 'unrecognised'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'unrecognised'],
    ['md5$sAlt$5f4dcc3b5aa765d61d8327deb882cf99', 'md5'],
    ['sha1$$5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8', 'sha1'],
    ['$argon2d$v=19$m=64,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$a5qURsXdtOI7xB/C2HtFDyK1P7xwcf5XwIxBiR3OrW4', 'argon2d'],
    ['pbkdf2_sha256$99999999$salt$QQx+Zy3V8vTM5CbIpVCDYTLv83kmEPFxBQC22rZJQwo=', 'pbkdf2_sha256'],
    ['pbkdf2_sha256$1000$salt$QQx+Zy3V8vTM5CbIpVCDYTLv83kmEPFxBQC22rZJQwo', 'pbkdf2_sha256'],
    ['pbkdf2_sha256$1000$$QQx+Zy3V8vTM5CbIpVCDYTLv83kmEPFxBQC22rZJQwo=', 'pbkdf2_sha256'],
    ['pbkdf2_sha256$1000$salt$QQx+Zy3V8vTM5CbIpVCDYTLv83kmEPFxBQC22rZJQwo=\n', 'pbkdf2_sha256'],
    ['bcrypt$$2b$20$4bZTUFO3FBjOmnf9L5sZ5.4eEBuulegBDSvvT6GkUG/B8Z.E8drVa', 'bcrypt'],
    ['bcrypt$$2x$12$4bZTUFO3FBjOmnf9L5sZ5.4eEBuulegBDSvvT6GkUG/B8Z.E8drVa', 'bcrypt'],
    ['bcrypt$$2b$12$4bZTUFO3FBjOmnf9L5sZ5z4eEBuulegBDSvvT6GkUG/B8Z.E8drVa', 'bcrypt'],
    ['argon2$argon2id$v=19$m=102400,t=2,p=8$c2hvcnQ$0s6ZnzCtXmnP4wyEOOQrMQ', 'argon2'],
  ]
  for (const [text, algorithm] of unknown) {
    it(`is unknown when it cannot be checked: ${text.slice(0, 40).trim() || 'nothing'}`, () => {
      assert.deepEqual(readHash(text), { kind: 'unknown', algorithm })
    })
  }

  it('is read, whatever it is, without an error', () => {
    const part = fc.constantFrom(
      '$',
      '=',
      ',',
      'argon2',
      'argon2id',
      'v=19',
      'm=64,t=1,p=1',
      'bcrypt',
      '2b',
      '04',
      'scrypt',
      '16',
      'AQEB',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('')),
    )
    fc.assert(fc.property(text, (any) => ['usable', 'unusable', 'unknown'].includes(readHash(any).kind)))
  })

  it('of PBKDF2 or scrypt matches no password with NUL at its end, where HMAC pads the key', async () => {
    for (const [what, scheme, text] of djangoHashes) {
      if (!/^(pbkdf2|scrypt)/.test(scheme)) continue
      assert.equal(await isMatch(read(text), `${PHRASE}\0`), false, what)
    }
  })

  it('that stands in for another has its scheme and matches nothing', async () => {
    const cheap = djangoHashes.filter(([, , text]) => !/0000\$|\$12\$|m=102400/.test(text))
    assert.equal(cheap.length, 7)
    for (const [what, scheme, text] of cheap) {
      const standIn = standInHash(read(text).scheme)
      assert.equal(standIn.scheme.name, scheme)
      assert.equal(await isMatch(standIn, PHRASE), false, what)
    }
  })
})

function read(text: string): PasswordHash {
  const reading = readHash(text)
  assert.equal(reading.kind, 'usable', text)
  return (reading as { hash: PasswordHash }).hash
}
