/**
 * The plainest request to verify a token that was shown before is answered before the framework sees it. Nobody can tell: whatever
 * is asked in another form goes through the framework, and both ways say the same.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Answer } from '../client.ts'
import { expectJson, isGood, join, logOut, paths } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const PLAIN = { 'content-type': 'application/json' }
const OTHER_FORM = { 'content-type': 'application/json; charset=utf-8' }

/** All of an answer but what is another one each time. */
function comparable({ status, text, headers }: Answer) {
  const { date, 'x-request-id': requestId, ...rest } = headers
  assert.match(requestId as string, /^[0-9a-f]{12}-[0-9a-z]+$/)
  assert.ok(date)
  return { status, text: text.replace(requestId as string, 'ID'), headers: rest }
}

test('a token that is verified again', async (t) => {
  const s = await startServer(t)
  const ann = await join(s, 'ann')
  assert.equal(await isGood(s, ann.access), true)
  const both = async (body: unknown) => {
    const [plain, other] = [await s.post(paths.verify, body, PLAIN), await s.post(paths.verify, body, OTHER_FORM)]
    assert.deepEqual(comparable(plain), comparable(other))
    return plain
  }

  await t.test('gets the same answer, to the last header, in either form', async () => {
    expectJson(await both({ token: ann.access }), 200, {})
  })

  await t.test('goes through the framework in the other form only', async (t) => {
    const asked = t.mock.method(s.service.sessions, 'verify')
    await s.post(paths.verify, { token: ann.access }, PLAIN)
    assert.equal(asked.mock.callCount(), 0)
    await s.post(paths.verify, { token: ann.access }, OTHER_FORM)
    assert.equal(asked.mock.callCount(), 1)
  })

  const bodies: [what: string, body: unknown, status: number][] = [
    ['with white space around it', { token: ` ${ann.access}\n` }, 200],
    ['beside a field that is not ASCII', { token: ann.access, note: 'é' }, 200],
    ['beside bytes that are no UTF-8', Buffer.from(`{"token":"${ann.access}","note":"\xFF"}`, 'latin1'), 400],
    ['in a list', [ann.access], 400],
    ['in a field within a field', { token: { token: ann.access } }, 400],
    ['under another name', { __proto__: null, access: ann.access }, 400],
    ['beside a prototype', `{"token":"${ann.access}","__proto__":{}}`, 400],
    ['beside a prototype in escapes', `{"token":"${ann.access}","\\u005f_proto__":1}`, 400],
    ['beside a prototype within a field', `{"token":"${ann.access}","note":{"__proto__":{}}}`, 200],
    ['that comes twice, the last time well', `{"token":"x","token":"${ann.access}"}`, 200],
    ['in half of a body', `{"token":"${ann.access}"`, 400],
    ['in nothing', 'null', 400],
    ['with a letter more', { token: `${ann.access}A` }, 401],
    ['that is a refresh token', { token: ann.refresh }, 200],
    ['in a body of 60 KB', { token: ann.access, note: 'x'.repeat(60_000) }, 200],
    ['in a body of 70 KB', { token: ann.access, note: 'x'.repeat(70_000) }, 413],
    ['in a body of 15 KB that is wrong', { token: 'x', note: 'x'.repeat(15_000) }, 401],
  ]
  for (const [what, body, status] of bodies) {
    await t.test(`${what} gets ${status} in either form`, async () => {
      assert.equal((await both(body)).status, status)
    })
  }

  await t.test('is one answer a request, in order, where several come at once on a connection', async () => {
    const one = (token: string, last = '') => {
      const body = JSON.stringify({ token })
      const head = `POST ${paths.verify} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
      return `${head}${last}\r\n${body}`
    }
    const socket = connect(s.port, '127.0.0.1') // which stays open for what is to come
    socket.write(one(ann.access) + one('x') + one(ann.access, 'Connection: close\r\n'))
    const came = await readText(socket)
    assert.deepEqual(came.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200'])
  })

  await t.test('is written into the log where it is refused, and nowhere else', async () => {
    const before = s.logs.length
    await s.post(paths.verify, { token: ann.access }, PLAIN)
    assert.equal(s.logs.length, before)
    const refused = await s.post(paths.verify, { token: 'x' }, PLAIN)
    const line = s.logs.slice(before).find(({ fields }) => fields.requestId === refused.headers['x-request-id'])
    assert.equal(line?.fields.status, 401)
  })

  await t.test('is refused in either form once its session has ended', async () => {
    await logOut(s, ann.refresh)
    assert.equal((await both({ token: ann.access })).status, 401)
  })
})
