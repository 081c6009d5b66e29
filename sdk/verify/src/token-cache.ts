import type { VerifiedToken } from './token.ts'

/** Tokens whose signature and claims were found good. Times and revocation are asked anew each time. */
export type TokenCache = {
  find(text: string): VerifiedToken | undefined
  add(text: string, token: VerifiedToken): void
  clear(): void
  readonly size: number
}

/** Two generations: when the young one is full, the old one goes. What is used meanwhile moves over and stays. */
export function createTokenCache(maxTokens: number): TokenCache {
  const generation = Math.ceil(maxTokens / 2)
  let young = new Map<string, VerifiedToken>()
  let old = new Map<string, VerifiedToken>()

  function add(text: string, token: VerifiedToken): void {
    if (generation === 0) return
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(text, token)
  }

  return {
    find(text) {
      const token = young.get(text)
      if (token) return token
      const found = old.get(text)
      if (found) {
        old.delete(text)
        add(text, found)
      }
      return found
    },
    add,
    clear() {
      young.clear()
      old.clear()
    },
    get size() {
      return young.size + old.size
    },
  }
}
