/** The passwords that everybody tries first: the list of `@zxcvbn-ts/language-common`, read when it is first needed. */
import { readFile } from 'node:fs/promises'
import { comparable } from './policy.ts'

// The file itself, not the package's entry: that one also loads keyboards and word lists, and keeps all of it for ever.
const LIST = '@zxcvbn-ts/language-common/src/passwords.json'

let loading: Promise<ReadonlySet<string>> | undefined

/** In their comparable form. Read once for each process: 49,000 words, about 3 MB. */
export function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= readList().catch((error: unknown) => {
    loading = undefined // too many open files, perhaps: the next one reads again
    throw error
  })
  return loading
}

async function readList(): Promise<ReadonlySet<string>> {
  const words: string[] = JSON.parse(await readFile(new URL(import.meta.resolve(LIST)), 'utf8'))
  return new Set(words.map(comparable))
}
