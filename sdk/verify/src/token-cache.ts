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

type Entry<Token> = { readonly text: string; readonly token: Token }

// Part of the signature: as good a key as the whole text, and there is less of it to hash. Two texts that end alike push each
// other out.
const KEY_CHARACTERS = 32

const keyOf = (text: string) => text.slice(-KEY_CHARACTERS)

/** Two generations: when the young one is full, the old one goes. What is used meanwhile moves over and stays. */
export function createTokenCache<Token>(maxTokens: number): TokenCache<Token> {
  const generation = Math.ceil(maxTokens / 2)
  let young = new Map<string, Entry<Token>>()
  let old = new Map<string, Entry<Token>>()

  function add(key: string, entry: Entry<Token>): void {
    if (generation === 0) return
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(key, entry)
  }

  return {
    find(text) {
      const key = keyOf(text)
      const recent = young.get(key)
      if (recent?.text === text) return recent.token
      const found = old.get(key)
      if (found?.text !== text) return undefined
      old.delete(key)
      add(key, found)
      return found.token
    },
    add: (text, token) => add(keyOf(text), { text, token }),
    clear() {
      young.clear()
      old.clear()
    },
    get size() {
      return young.size + old.size
    },
  }
}
