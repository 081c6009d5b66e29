/** The blocklist: passwords that everybody tries first, the service's own words, and the operator's. */
import { loadCommonPasswords } from './common-passwords.ts'
import { comparable } from './policy.ts'

export type Blocklist = {
  /** Loads the common passwords when they are first needed. @returns whether a word, in its comparable form, is listed */
  load(): Promise<(word: string) => boolean>
}

const OWN_NAMES = ['samurai', 'samurai auth']

export function createBlocklist(words: {
  /** Where people meet the service: its host is a word that they expect to work. */
  publicUrl: string
  /** What people know it as. */
  serviceName: string
  /** The operator's. */
  operatorWords: readonly string[]
}): Blocklist {
  const names = [...OWN_NAMES, words.serviceName].flatMap(spellingsOf)
  const expected = new Set([...names, ...wordsOf(words.publicUrl), ...words.operatorWords].map(comparable))
  return {
    load: async () => {
      const common = await loadCommonPasswords()
      return (word) => common.has(word) || expected.has(word)
    },
  }
}

/** `Samurai Auth` → that, and with its words joined by what people put between them. */
function spellingsOf(name: string): string[] {
  return [
    name,
    ...['', ' ', '-', '_', '.'].map((between) =>
      name
        .trim()
        .split(/[\s._-]+/)
        .join(between),
    ),
  ]
}

/** `https://login.example.com:8443` → the host, with and without its port, and each of its labels. */
function wordsOf(publicUrl: string): string[] {
  const { host, hostname } = new URL(publicUrl)
  return [host, hostname, ...hostname.split('.')]
}
