import type { Pages } from './pages.ts'

// The policy says its reasons in the English of the old service, which its clients show; a page says them in its language.
const reasons: readonly [sentence: RegExp, word: string][] = [
  [/^This password is too short\. .* (?<count>\d+) characters?\.$/, 'tooShort'],
  [/^This password is too long\. .* (?<count>\d+) bytes\.$/, 'tooLong'],
  [/ a character that does not exist\.$/, 'noCharacter'],
  [/^This password is too common\.$/, 'tooCommon'],
  [/ too similar to the email address\.$/, 'likeAddress'],
  [/ too similar to the (?:first|last|full) name\.$/, 'likeName'],
  [/ appeared in a data breach, /, 'breached'],
  [/ could not be compared with breached ones /, 'notCompared'],
]

/** A reason of the policy in a language; one that is not known here as it is. */
export function inWords(pages: Pages, language: string, reason: string): string {
  for (const [sentence, word] of reasons) {
    const found = sentence.exec(reason)
    if (found) return pages.word(language, 'password-reasons', word, { ...found.groups })
  }
  return reason
}
