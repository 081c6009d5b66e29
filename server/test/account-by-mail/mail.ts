/** Steps of the tests of what people do by mail: asking, and reading the latest mail as the owner of an address does. */
import assert from 'node:assert/strict'
import { readMail } from '../mail/codes.ts'
import { expectProblem, PASSWORD, paths } from '../scenario.ts'
import type { Answer, KeptMail, TestServer } from '../start-server.ts'

export const NEW_PASSWORD = 'four green pears'

export type Read = { code: string; token: string; mail: KeptMail }

/** The latest mail of this kind to an address. */
export async function latest(s: TestServer, to: string, message: KeptMail['message']): Promise<Read> {
  const mail = await notice(s, to, message)
  return { mail, ...readMail(mail) }
}

/** The same of a mail without code and link. */
export async function notice(s: TestServer, to: string, message: KeptMail['message']): Promise<KeptMail> {
  const mail = (await mailsTo(s, to)).find((one) => one.message === message)
  assert.ok(mail, `${to} was sent ${message}`)
  return mail
}

export async function mailsTo(s: TestServer, to: string): Promise<KeptMail[]> {
  const all = (await s.mailbox()).filter((mail) => mail.to === to)
  return all.sort((a, b) => b.createdAt - a.createdAt)
}

export const logIn = (s: TestServer, email: string, password = PASSWORD): Promise<Answer> =>
  s.post(paths.login, { email, password })

export async function canLogIn(s: TestServer, email: string, password = PASSWORD): Promise<boolean> {
  const answer = await logIn(s, email, password)
  assert.ok([200, 401].includes(answer.status), answer.text)
  return answer.status === 200
}

/** A code or link does nothing, and the answer says why. */
export function expectSpoiled(answer: Answer, reason: 'wrong' | 'expired' | 'used' | 'too-many-tries'): void {
  expectProblem(answer, 422, 'mail-code-refused')
  assert.equal((answer.json as { reason: string }).reason, reason)
}

export function expectNothing(answer: Answer, status: 202 | 204): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.text, status === 202 ? '{}' : '')
}

/** What comes out must be one answer, whatever was asked for; only the id of the request differs. */
export function expectAlike(answers: readonly Answer[]): void {
  const bare = answers.map(({ status, json }) => JSON.stringify({ status, ...(json as object), instance: '' }))
  assert.equal(new Set(bare).size, 1, bare.join('\n'))
}

export const submit = (s: TestServer, purpose: string, fields: Record<string, string>) =>
  s.post(`/mail/${purpose}`, new URLSearchParams(fields).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  })
