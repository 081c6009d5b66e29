import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { VerifiedToken } from './token.ts'
import { createTokenCache } from './token-cache.ts'

const tokenOf = (text: string) => ({ subject: text }) as VerifiedToken

describe('the cache of tokens', () => {
  it('finds the very text and no other, though they end alike', () => {
    const cache = createTokenCache<VerifiedToken>(10)
    const end = 'e'.repeat(40)
    const token = tokenOf('a')
    cache.add(`a${end}`, token)
    assert.equal(cache.find(`a${end}`), token)
    for (const text of [end, `b${end}`, `aa${end}`, `a${end}e`, 'a', '']) assert.equal(cache.find(text), undefined)
    const other = tokenOf('b')
    cache.add(`b${end}`, other)
    assert.equal(cache.find(`b${end}`), other)
    assert.equal(cache.find(`a${end}`), undefined)
  })

  it('holds what was added or forgets it, and never more than its size', () => {
    const operations = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 30 })), { maxLength: 200 })
    fc.assert(
      fc.property(operations, fc.integer({ min: 0, max: 12 }), (steps, size) => {
        const cache = createTokenCache<VerifiedToken>(size)
        const added = new Map<string, VerifiedToken>()
        for (const [isAdd, n] of steps) {
          const text = `token ${n}`
          const found = cache.find(text)
          assert.ok(found === undefined || found === added.get(text))
          if (isAdd && !found) cache.add(text, tokenOf(text))
          if (isAdd && !found) added.set(text, cache.find(text) ?? tokenOf(text))
          assert.ok(cache.size <= size + (size % 2))
        }
        cache.clear()
        assert.equal(cache.size, 0)
        for (const text of added.keys()) assert.equal(cache.find(text), undefined)
      }),
    )
  })

  it('keeps what is used while others pass through', () => {
    const cache = createTokenCache<VerifiedToken>(10)
    cache.add('used', tokenOf('used'))
    cache.add('unused', tokenOf('unused'))
    for (let n = 0; n < 100; n++) {
      cache.add(`passing ${n}`, tokenOf(''))
      assert.ok(cache.find('used'))
    }
    assert.equal(cache.find('unused'), undefined)
  })
})
