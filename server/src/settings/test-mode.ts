/** Test mode: how others test against this service (docs/how-to/test-against-samurai-auth.md). Never where people are. */
import type { DatabaseAddress } from '../platform/database-url.ts'
import { isLoopbackHost } from '../platform/public-address.ts'
import { oneOf, type Setting } from './setting.ts'

export const testModeSettings = {
  testMode: {
    names: ['TEST_MODE'],
    read: oneOf('0', '1'),
    fallback: '0',
    reason:
      '`1`: for tests of applications, never where people are. `/test/*` moves the clock, reads mails and makes users for whoever asks on this machine; no mail is sent, and one process serves (docs/how-to/test-against-samurai-auth.md).',
  },
  testModeAnywhere: {
    names: ['TEST_MODE_ANYWHERE'],
    read: oneOf('0', '1'),
    fallback: '0',
    reason:
      '`1`, with TEST_MODE: also with a public PUBLIC_URL or an external database, and `/test/*` answers everybody who reaches it. Whoever does can take over every account.',
  },
  testCode: {
    names: ['TEST_CODE'],
    read: sixDigits,
    reason: 'With TEST_MODE: every code in a mail is this one, such as `000000`. Default: codes by chance.',
  },
} as const satisfies Record<string, Setting<unknown>>

function sixDigits(value: string): string {
  if (/^\d{6}$/.test(value)) return value
  throw new TypeError('must have six digits')
}

type Given = {
  testMode: '0' | '1'
  testModeAnywhere: '0' | '1'
  testCode?: string | undefined
  publicUrl?: string | undefined
}

/** What is wrong with these together, by the name of the variable. */
export function testModeFaults(given: Given & { database: DatabaseAddress }): string[] {
  if (given.testMode === '0') return faultsWhenOff(given)
  if (given.testModeAnywhere === '1') return []
  const isPublic = given.publicUrl !== undefined && !isLoopbackHost(new URL(given.publicUrl).hostname)
  return [
    ...(isPublic ? ['TEST_MODE=1 with a public PUBLIC_URL: anybody could take over every account'] : []),
    ...(given.database.kind === 'sqlite'
      ? []
      : ['TEST_MODE=1 with an external database: everybody in it could be lost']),
  ].map((fault) => `${fault}. If that is what you want, set TEST_MODE_ANYWHERE=1 too`)
}

// Left lying about, they would be what is missing when somebody sets the first one by mistake.
function faultsWhenOff({ testModeAnywhere, testCode }: Given): string[] {
  return [
    ...(testModeAnywhere === '1' ? ['TEST_MODE_ANYWHERE=1 is for TEST_MODE=1, which is not set'] : []),
    ...(testCode === undefined ? [] : ['TEST_CODE is for TEST_MODE=1, which is not set']),
  ]
}

/** Said at every start. */
export function testModeWarnings({ testMode, testModeAnywhere, testCode }: Given): string[] {
  if (testMode === '0') return []
  const whom = testModeAnywhere === '1' ? 'EVERYBODY WHO REACHES IT' : 'whoever is on this machine'
  const codes = testCode === undefined ? '' : `; every code in a mail is ${testCode}`
  return [
    `TEST MODE IS ON: this service keeps nobody out. /test/* moves its clock, reads its mails and makes and removes its users for ${whom}${codes}. No mail is sent. Never run it where people are`,
  ]
}
