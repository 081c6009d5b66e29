import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sessionsToEnd, type UserReason } from './what-ends.ts'

const ALL = ['asks', 'phone', 'tablet']
const OTHERS = ['phone', 'tablet']

const rows: [reason: UserReason, ended: string[]][] = [
  ['others-ended-by-user', OTHERS],
  ['all-ended-by-operator', ALL],
  ['password-changed', OTHERS],
  ['password-recovered', ALL],
  ['factor-removed', OTHERS],
  ['factors-reset', ALL],
  ['deletion-requested', ALL],
  ['user-disabled', ALL],
  ['user-erased', ALL],
  ['key-compromised', ALL],
]

describe('of the sessions of a user end', () => {
  for (const [reason, ended] of rows) {
    it(`${ended === ALL ? 'all' : 'all but the one that asks'}: ${reason}`, () => {
      assert.deepEqual(sessionsToEnd(reason, ALL, 'asks'), ended)
      assert.deepEqual(sessionsToEnd(reason, ALL, undefined), ALL, 'none of them asks')
      assert.deepEqual(sessionsToEnd(reason, [], 'asks'), [])
    })
  }
})
