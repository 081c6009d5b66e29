/** The revocation feed (contract/revocations.ts) as somebody reads it who has nothing but the key set. */
import assert from 'node:assert/strict'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { RevocationPage } from '../../../contract/revocations.ts'
import type { TestServer } from '../start-server.ts'

const ISSUER = 'https://auth.example.com'
export const FEED = '/api/revocations'

async function readPage(s: TestServer, jws: string): Promise<RevocationPage> {
  const keySet = createLocalJWKSet((await s.get('/.well-known/jwks.json')).json as JSONWebKeySet)
  const demands = { issuer: ISSUER, typ: 'revocations+jwt', currentDate: new Date(s.clock.now()) }
  return (await jwtVerify(jws, keySet, demands)).payload as unknown as RevocationPage
}

export async function ask(s: TestServer, after?: string): Promise<RevocationPage> {
  const answer = await s.get(after === undefined ? FEED : `${FEED}?after=${after}`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], 'application/jwt')
  assert.equal(answer.headers['cache-control'], 'no-store')
  return readPage(s, answer.text)
}

export const sidsOf = ({ revocations }: RevocationPage) => revocations.map(({ sid }) => sid)

/** The next events of a stream, as their id and data. */
export async function* eventsOf(s: TestServer, headers: Record<string, string>, signal: AbortSignal) {
  const response = await fetch(`http://127.0.0.1:${s.port}${FEED}/stream`, { headers, signal })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const [, id = '', data = ''] = /^id: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      yield { id, page: await readPage(s, data) }
    }
  }
}
