import { hashRaw } from '@node-rs/argon2'
import type { Recipe } from './recipe.ts'

export const MAX_ARGON2_KIB = 512 * 1024
export const MAX_ARGON2_KIB_PASSES = 2 * 1024 * 1024

const algorithms = { argon2d: 0, argon2i: 1, argon2id: 2 } // the library's own names are gone when it runs

/** `argon2id` is ours; those of others are named as Django's encoder does it: `argon2$argon2i`. */
export function argon2Recipe(kind = '', memoryKib = '', passes = '', lanes = ''): Recipe | undefined {
  const [memoryCost, timeCost, parallelism] = [Number(memoryKib), Number(passes), Number(lanes)]
  if (memoryCost < 8 * parallelism || memoryCost > MAX_ARGON2_KIB || memoryCost * timeCost > MAX_ARGON2_KIB_PASSES)
    return undefined // RFC 9106 §3.1, and ours
  const algorithm = algorithms[kind.replace('argon2$', '') as keyof typeof algorithms]
  return {
    origin: kind === 'argon2id' ? 'own' : 'django',
    digestBytes: 32,
    derive: (password, salt, outputLen) =>
      hashRaw(password, { algorithm, salt, outputLen, memoryCost, timeCost, parallelism }),
  }
}
