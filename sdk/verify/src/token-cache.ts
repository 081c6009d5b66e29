/**
 * Tokens whose signature and claims were found good. Times and revocation are asked anew each time. The service that issues
 * the tokens remembers them by the same rule.
 */
export type TokenCache<Token> = {
  find(text: string): Token | undefined
  add(text: string, token: Token): void
  clear(): void
  readonly size: number
}

/** Two generations: when the young one is full, the old one goes. What is used meanwhile moves over and stays. */
export function createTokenCache<Token>(maxTokens: number): TokenCache<Token> {
  const generation = Math.ceil(maxTokens / 2)
  let young = new Map<string, Token>()
  let old = new Map<string, Token>()

  function add(text: string, token: Token): void {
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
