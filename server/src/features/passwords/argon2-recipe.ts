import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Recipe } from './recipe.ts'

export const MAX_ARGON2_KIB = 512 * 1024
export const MAX_ARGON2_KIB_PASSES = 2 * 1024 * 1024

const digestOf = promisify(argon2)

/** `argon2id` is ours; those of others are named as Django's encoder does it: `argon2$argon2i`. */
export function argon2Recipe(kind = '', memoryKib = '', passes = '', lanes = ''): Recipe | undefined {
  const [memory, iterations, parallelism] = [Number(memoryKib), Number(passes), Number(lanes)]
  if (memory < 8 * parallelism || memory > MAX_ARGON2_KIB || memory * iterations > MAX_ARGON2_KIB_PASSES)
    return undefined // RFC 9106 §3.1, and ours
  const variant = kind.replace('argon2$', '') as 'argon2id' | 'argon2i' | 'argon2d'
  return {
    origin: kind === 'argon2id' ? 'own' : 'django',
    digestBytes: 32,
    derive: (message, nonce, tagLength) =>
      digestOf(variant, { message, nonce, tagLength, memory, passes: iterations, parallelism }),
  }
}
