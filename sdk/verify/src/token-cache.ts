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

const KEY_CHARACTERS = 8 // 48 bits of the signature

/** A number from the end of the signature, which no two tokens share but by chance; these push each other out. */
function keyOf(text: string): number {
  let key = 0
  const start = Math.max(0, text.length - KEY_CHARACTERS)
  for (let at = start; at < text.length; at++) key = (Math.imul(key, 67) + text.charCodeAt(at)) | 0
  return key
}

/** Two generations: when the young one is full, the old one goes. What is used meanwhile moves over and stays. */
export function createTokenCache<Token>(maxTokens: number): TokenCache<Token> {
  const generation = Math.ceil(maxTokens / 2)
  let young = new Map<number, Entry<Token>>()
  let old = new Map<number, Entry<Token>>()

  function add(key: number, entry: Entry<Token>): void {
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
