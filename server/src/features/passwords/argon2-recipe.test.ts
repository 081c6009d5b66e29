import assert from 'node:assert/strict'
import { argon2, argon2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { argon2Recipe } from './argon2-recipe.ts'

const variants = ['argon2id', 'argon2i', 'argon2d'] as const
const kindOf = (variant: (typeof variants)[number]) => (variant === 'argon2id' ? variant : `argon2$${variant}`)
const digestOf = promisify(argon2)

// Node.js has another implementation of the same standard (RFC 9106): hashes of either are verified by the other.
describe('Argon2 is what Node.js itself makes of it', () => {
  const bytes = (minLength: number, maxLength: number) =>
    fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array))

  it('whatever the variant, password, salt, length and costs', async () => {
    const cost = fc.record({ lanes: fc.nat(3), blocks: fc.nat(40), passes: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...variants),
        bytes(0, 300),
        bytes(8, 64),
        fc.integer({ min: 4, max: 128 }),
        cost,
        async (variant, password, salt, tagLength, { lanes, blocks, passes }) => {
          const parallelism = lanes + 1
          const memory = 8 * parallelism + blocks
          const recipe = argon2Recipe(kindOf(variant), `${memory}`, `${passes + 1}`, `${parallelism}`)
          const expected = argon2Sync(variant, {
            message: password,
            nonce: salt,
            tagLength,
            memory,
            passes: passes + 1,
            parallelism,
          })
          assert.deepEqual(await recipe?.derive(password, salt, tagLength), expected)
        },
      ),
    )
  })

  it('at the cost of new passwords', async () => {
    const [message, nonce] = [Buffer.from('correct horse'), Buffer.alloc(16, 7)]
    const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
    const digest = await argon2Recipe('argon2id', '19456', '2', '1')?.derive(message, nonce, 32)
    assert.deepEqual(digest, await digestOf('argon2id', { message, nonce, ...cost }))
  })
})

it('Argon2 leaves the event loop free', async () => {
  const recipe = argon2Recipe('argon2id', `${128 * 1024}`, '2', '1')
  let turns = 0
  const counting = setInterval(() => turns++, 5)
  await recipe?.derive(Buffer.from('correct horse'), Buffer.alloc(16, 7), 32)
  clearInterval(counting)
  assert.ok(turns > 5, `${turns} turns meanwhile`)
})
