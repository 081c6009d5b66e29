/** Which addresses somebody may have who had none here before. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isEmailAddress, isMailable } from './email-address.ts'
import { newAddressFault } from './new-address.ts'

const good = [
  'ann@example.com',
  'ann@localhost',
  'ann@[127.0.0.1]',
  'ann@1.2.3.44',
  'ann@exämple.com',
  'ann@straße.de',
  'ann@xn--exmple-cua.com',
  'ann@đặng.vn',
  'ann@例え.jp',
  'ann@日本語ドメイン.jp',
  'ann@sony日本.jp', // Latin beside Japanese, as it is written there
  'ann@サッカー.com',
  'ann@samsung한국.kr',
  'ann@한국.kr',
  'ann@台ㄅabc.tw',
  'ann@пример.рф',
  'ann@москва.com', // what is Cyrillic, and looks so
  'ann@сор.рф', // letters that look like others, among their own
  'ann@пример.орг',
  'ann@παράδειγμα.gr',
  'ann@مثال.إختبار',
  'ann@דוגמה.com',
  'ann@उदाहरण.भारत',
  'ann@ตัวอย่าง.ไทย',
  'ann@😀.com',
  'ann@i❤.ws',
  `${'l'.repeat(242)}@example.com`,
]

for (const address of good)
  test(`${address.slice(0, 40)} may be a new one`, () => assert.equal(newAddressFault(address), undefined))

const lookalikes: [why: string, addresses: string[]][] = [
  [
    'letters of two alphabets in a label',
    [
      'ann@\u0435xample.com', // Cyrillic e
      'ann@ex\u03B1mple.com', // Greek alpha
      'ann@exam\u0440le.example.com', // in any label
      'ann@example.c\u043Em', // in the last one, too
      'ann@xn--xample-2of.com', // as DNS spells the first
      'ann@XN--Xample-2OF.com',
      'ann@\u043F\u03C1\u0438\u043C\u0435\u0440.com', // Cyrillic with a Greek rho
      'ann@\u0570ello.com', // Armenian h
      'ann@\u10E7o.com', // Georgian
      'ann@かな한.jp', // Japanese beside Korean
    ],
  ],
  [
    'a label of letters that look like ASCII ones',
    [
      'ann@\u0430\u0440\u0440\u04CF\u0435.com', // the well-known one of 2017, all Cyrillic
      'ann@xn--80ak6aa92e.com',
      'ann@\u0441\u043E\u0440\u0443-2.example.com',
      'ann@\u03BF\u03C5.com', // Greek
      'ann@\u057D\u0585\u0578.com', // Armenian
      'ann@\u0261oogle.com', // a Latin letter that looks like g
      'ann@m\u0131crosoft.com',
      'ann@x\u0251.com',
      'ann@example.\u0441\u0443', // each label ASCII, to the eye
    ],
  ],
  ['letters of alphabets that nobody writes domains in', ['ann@\uA4E2\uA4F3.com', 'ann@\u16A8\u16BE.com']],
]

describe('CVE-2021-3424: an address that looks like another is no new one,', () => {
  for (const [why, addresses] of lookalikes)
    test(why, () => {
      for (const address of addresses) {
        assert.ok(isEmailAddress(address), `${address}: whoever has it signs in`)
        assert.equal(newAddressFault(address), 'looks-like-another', address)
      }
    })
})

test('CVE-2021-3424: no single letter of another alphabet passes among ASCII ones', () => {
  const passed: string[] = []
  for (let point = 0x250; point <= 0x2fff; point++) {
    const domain = `ab${String.fromCodePoint(point)}cd.com`
    if (isEmailAddress(`a@${domain}`) && newAddressFault(`a@${domain}`) === undefined) passed.push(domain)
  }
  // What may stand beside Latin letters: itself, what is of no alphabet, and what is written in China, Japan and Korea.
  const beside = ['Latin', 'Common', 'Inherited', 'Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul']
  const expected = new RegExp(`^[${beside.map((name) => `\\p{scx=${name}}`).join('')}]*$`, 'u')
  const foreign = passed.filter((domain) => !expected.test(domain.normalize('NFC')))
  assert.deepEqual(foreign, [])
})

const faults: [text: string, fault: ReturnType<typeof newAddressFault>][] = [
  ['', 'no-address'],
  ['a@b', 'no-address'],
  ['é@example.com', 'no-address'],
  [`${'l'.repeat(243)}@example.com`, 'too-long'],
  // 251 characters, and 258 in DNS's spelling, which is the one that is sent.
  [`${'l'.repeat(238)}@${'😀'.repeat(8)}.com`, 'too-long'],
  [`${'l'.repeat(230)}@${'例'.repeat(15)}.jp`, 'too-long'],
]

for (const [text, fault] of faults)
  test(`${text.slice(-30)}: ${fault}`, () => {
    assert.equal(newAddressFault(text), fault)
    assert.equal(isMailable(text), false)
  })
