/** Steps that tests of mails share: sending a code, and reading it out of the mail as its owner would. */
import assert from 'node:assert/strict'
import type { CodeRequest, KeptMail, Purpose, TestServer } from '../start-server.ts'

export const browser = {
  address: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}

export type Sent = { mail: KeptMail; code: string; token: string; link: URL }

/** Sends a code and reads its mail. */
export async function send(s: TestServer, request: Partial<CodeRequest> = {}): Promise<Sent> {
  const known = new Set((await s.mailbox()).map(({ id }) => id))
  await write(s, request)
  const mail = (await s.mailbox()).find(({ id }) => !known.has(id))
  assert.ok(mail, 'a mail was written')
  return { mail, ...readMail(mail) }
}

export function write({ service: { database, email } }: TestServer, request: Partial<CodeRequest> = {}): Promise<void> {
  const all: CodeRequest = {
    purpose: 'verify-address',
    userId: 7,
    address: 'ann@example.com',
    locale: 'en',
    state: 'as it was',
    origin: browser,
    ...request,
  }
  return database.transaction((tx) => email.sendCode(tx, all))
}

export function readMail({ text }: KeptMail): { code: string; token: string; link: URL } {
  const link = new URL(/^https?:\S+$/m.exec(text)?.[0] ?? '')
  return { code: /^\d{6}$/m.exec(text)?.[0] ?? '', token: link.searchParams.get('token') ?? '', link }
}

export const checkCode = (
  { service: { database, email } }: TestServer,
  code: string,
  { purpose = 'verify-address', address = 'ann@example.com' }: { purpose?: Purpose; address?: string } = {},
) => database.transaction((tx) => email.checkCode(tx, { purpose, address, code }))

export const checkToken = (
  { service: { database, email } }: TestServer,
  token: string,
  purpose: Purpose = 'verify-address',
) => database.transaction((tx) => email.checkToken(tx, { purpose, token }))

/** Another code than this one. */
export const wrongFor = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0')
