import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRepeats } from './repeats.ts'

test('of many texts those are found that occur more than once', () => {
  const repeats = createRepeats()
  for (let number = 0; number < 50_000; number++) repeats.add(`user${number}@example.com`)
  for (const number of [7, 7, 49_999]) repeats.add(`user${number}@example.com`)
  const isRepeated = repeats.find()
  const found = Array.from({ length: 50_000 }, (_, number) => number).filter((number) =>
    isRepeated(`user${number}@example.com`),
  )
  assert.deepEqual(found, [7, 49_999])
  assert.equal(isRepeated('nobody@example.com'), false)
})

test('of no text, and of one, none is found', () => {
  assert.equal(createRepeats().find()('a'), false)
  const repeats = createRepeats()
  repeats.add('a')
  assert.equal(repeats.find()('a'), false)
})
