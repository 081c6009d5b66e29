/** Taking a copy of an account, and reading it as its owner does. */
import assert from 'node:assert/strict'
import type { TestServer } from '../start-server.ts'
import { unzip } from '../unzip.ts'
import { bearer } from './factors.ts'

const PATH = '/api/account/export'

type Who = { access: string }
export type Copy = { files: Map<string, string>; json: (name: string) => unknown; all: string; headers: Headers }

export const askForCopy = (s: TestServer, who: Who): Promise<Response> =>
  fetch(`http://127.0.0.1:${s.port}${PATH}`, { method: 'POST', headers: bearer(who) })

export async function takeCopy(s: TestServer, who: Who): Promise<Copy> {
  const answer = await askForCopy(s, who)
  const bytes = Buffer.from(await answer.arrayBuffer())
  assert.equal(answer.status, 200, bytes.toString())
  const files = unzip(bytes)
  const json = (name: string) => JSON.parse(files.get(`${name}.json`) ?? '')
  return { files, json, all: [...files.values()].join('\n'), headers: answer.headers }
}
