import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type KeyFacts,
  planDismissal,
  planRotation,
  type RotationPolicy,
  type Step,
  type Urgency,
} from './key-states.ts'

const DAY = 86_400_000
const NOW = 1_800_000_000_000
const policy: RotationPolicy = { rotationMs: 30 * DAY, publishAheadMs: DAY, tokenMs: 2 * DAY }

const key = (state: KeyFacts['state'], facts: Partial<KeyFacts> = {}): KeyFacts => ({
  id: state,
  algorithm: 'ES256',
  state,
  createdAt: NOW - 40 * DAY,
  activatedAt: state === 'next' ? null : NOW - 10 * DAY,
  retireAt: null,
  ...facts,
})
const make = (state: 'next' | 'current'): Step => ({ kind: 'make', algorithm: 'ES256', state })
const promote: Step = { kind: 'promote', next: 'next', current: 'current', retireAt: NOW + 2 * DAY }

const rows: [title: string, keys: KeyFacts[], urgency: Urgency, steps: Step[]][] = [
  ['an empty ring gets a current key', [], 'when-due', [make('current')]],
  ['a young current key stays alone', [key('current')], 'when-due', []],
  [
    'a day before the rotation the next key is made, and only published',
    [key('current', { activatedAt: NOW - 29 * DAY })],
    'when-due',
    [make('next')],
  ],
  [
    'the next key waits for its day',
    [key('current', { activatedAt: NOW - 29.5 * DAY }), key('next', { createdAt: NOW - 0.5 * DAY })],
    'when-due',
    [],
  ],
  [
    'on its day the next key signs, and the current one verifies until its last token has expired',
    [key('current', { activatedAt: NOW - 30 * DAY }), key('next', { createdAt: NOW - DAY })],
    'when-due',
    [promote],
  ],
  [
    'a rotation that was missed for long still publishes the next key for a day first',
    [key('current', { activatedAt: NOW - 90 * DAY }), key('next', { createdAt: NOW - DAY + 1 })],
    'when-due',
    [],
  ],
  ['hurried softly, a next key is made before its time', [key('current')], 'soon', [make('next')]],
  [
    'hurried softly, a next key still waits to have been published',
    [key('current'), key('next', { createdAt: NOW - 1 })],
    'soon',
    [],
  ],
  [
    'hurried softly, a published next key signs',
    [key('current'), key('next', { createdAt: NOW - DAY })],
    'soon',
    [promote],
  ],
  ['at once means at once', [key('current'), key('next', { createdAt: NOW })], 'now', [promote]],
  [
    'a next key steps in when the current one is gone',
    [key('next', { createdAt: NOW })],
    'when-due',
    [{ ...promote, current: null }],
  ],
  [
    'a previous key whose last token has expired is retired',
    [key('current'), key('previous', { retireAt: NOW })],
    'when-due',
    [{ kind: 'retire', id: 'previous' }],
  ],
  [
    'a previous key with a living token stays',
    [key('current'), key('previous', { retireAt: NOW + 1 })],
    'when-due',
    [],
  ],
]

describe('the plan of a rotation', () => {
  for (const [title, keys, urgency, steps] of rows) {
    it(title, () => {
      assert.deepEqual(planRotation(keys, 'ES256', NOW, policy, urgency), steps)
    })
  }
})

const other = (state: KeyFacts['state'], facts: Partial<KeyFacts> = {}) => key(state, { algorithm: 'RS256', ...facts })
const demote: Step = { kind: 'demote', id: 'current', retireAt: NOW + 2 * DAY }
const retire = (id: KeyFacts['state']): Step => ({ kind: 'retire', id })

const dismissals: typeof rows = [
  ['keys of configured algorithms stay', [key('current'), key('next'), key('previous', { retireAt: 0 })], 'now', []],
  [
    'a current key of another algorithm verifies until its last token has expired',
    [other('current')],
    'when-due',
    [demote],
  ],
  ['a next key of another algorithm is retired: it never signed', [other('next')], 'when-due', [retire('next')]],
  [
    'a previous key of another algorithm is retired in its time',
    [other('previous', { retireAt: NOW })],
    'soon',
    [retire('previous')],
  ],
  ['and not before', [other('previous', { retireAt: NOW + 1 })], 'now', []],
  [
    'what a process with other settings made a moment ago stays, as in a restart of several machines',
    [other('current', { activatedAt: NOW - DAY + 1 }), other('next', { createdAt: NOW - DAY + 1 })],
    'when-due',
    [],
  ],
  [
    'by the day it does not',
    [other('current', { activatedAt: NOW - DAY }), other('next', { createdAt: NOW - DAY })],
    'soon',
    [demote, retire('next')],
  ],
  ['at once means at once', [other('current', { activatedAt: NOW })], 'now', [demote]],
]

describe('the plan for keys of algorithms that are not configured any more', () => {
  for (const [title, keys, urgency, steps] of dismissals) {
    it(title, () => {
      assert.deepEqual(planDismissal(keys, ['EdDSA', 'ES256'], NOW, policy, urgency), steps)
    })
  }
})
