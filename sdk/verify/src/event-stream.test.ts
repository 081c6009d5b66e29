import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readEvents } from './event-stream.ts'

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const read = (text: string, sizes = [1000], most = 1000) =>
  Array.fromAsync(readEvents(inChunks(Buffer.from(text), sizes), most))

describe('a stream of server-sent events', () => {
  const streams: [string, string, string[]][] = [
    ['gives the data of each event', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['takes away one blank and no more', 'data:a\n\ndata:  b\n\n', ['a', ' b']],
    ['joins lines of data', 'data: a\ndata: b\n\n', ['a\nb']],
    ['leaves out ids, types, comments and fields that are not known', ': c\nid: 1\nevent: x\nfoo\ndata: a\n\n', ['a']],
    ['does not take a longer name for data', 'database: a\n\n', []],
    ['takes all three ends of lines', 'data: a\r\n\r\ndata: b\r\rdata: c\n\n', ['a', 'b', 'c']],
    ['ignores a byte order mark', '\ufeffdata: a\n\n', ['a']],
    ['gives nothing for events without data', '\n\nid: 1\n\n', []],
    ['does not give an event that is not complete', 'data: a\n\ndata: b\n', ['a']],
    ['gives empty data', 'data\n\ndata:\n\n', ['', '']],
  ]
  for (const [what, text, events] of streams) {
    it(what, async () => assert.deepEqual(await read(text), events))
  }

  it('reads the same however it is cut', async () => {
    const text = 'data: ä\r\n\r\n: c\rdata: b\r\ndata: c\n\r\ndata: d\r\r'
    const whole = await read(text)
    assert.deepEqual(whole, ['ä', 'b\nc', 'd'])
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 })
    await fc.assert(fc.asyncProperty(sizes, async (cuts) => assert.deepEqual(await read(text, cuts), whole)))
  })

  for (const [what, text] of [
    ['one endless line', `data: ${'x'.repeat(2000)}`],
    ['endless lines of one event', 'data: xxxxxxxxx\n'.repeat(200)],
  ] as const) {
    it(`is given up for ${what}`, async () => {
      await assert.rejects(read(text, [100]), /longer than 1000/)
    })
  }
})
