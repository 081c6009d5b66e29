import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMailbox, parseSmtpUrl } from './smtp-url.ts'

const servers: [text: string, server: object][] = [
  ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, security: 'starttls' }],
  ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, security: 'tls' }],
  ['smtp://mail.example.com?tls=off', { host: 'mail.example.com', port: 25, security: 'none' }],
  ['smtp://localhost', { host: 'localhost', port: 25, security: 'none' }],
  ['smtp://127.0.0.1:1025/', { host: '127.0.0.1', port: 1025, security: 'none' }],
  ['smtp://[::1]?tls=on', { host: '::1', port: 587, security: 'starttls' }],
  [
    'smtp://me%40example.com:p%3Aw@mail.example.com:2525',
    { host: 'mail.example.com', port: 2525, security: 'starttls', user: 'me@example.com', password: 'p:w' },
  ],
]

for (const [text, server] of servers)
  test(`${text} is a mail server`, () => assert.deepEqual(parseSmtpUrl(text), server))

for (const text of [
  'mail.example.com',
  'http://mail.example.com',
  'smtp://',
  'smtp://h/path',
  'smtp://h?tls=maybe',
  'smtp://h?tsl=off',
])
  test(`${text} is no mail server`, () => assert.throws(() => parseSmtpUrl(text), TypeError))

test('a sender has a name or not', () => {
  assert.deepEqual(parseMailbox('a@example.com'), { name: '', address: 'a@example.com' })
  assert.deepEqual(parseMailbox('Sämurai <a@example.com>'), { name: 'Sämurai', address: 'a@example.com' })
  assert.deepEqual(parseMailbox('مثال <a@example.com>'), { name: 'مثال', address: 'a@example.com' })
})

for (const text of [
  'a',
  'a@b@c',
  'a@b, c@d',
  'X\r\nBcc: v@example.com <a@example.com>',
  '"e@evil.com"@example.com',
  '<a@b',
  'A <a@b> <c@d>',
  'a@b\n'.repeat(2),
])
  test(`${JSON.stringify(text)} is no sender`, () => assert.throws(() => parseMailbox(text), TypeError))
