/** Limits on attempts. */
import { cidrList, integer, oneOf, type Setting } from './setting.ts'

export const limitSettings = {
  limits: {
    names: ['LIMITS'],
    read: oneOf('on', 'off'),
    fallback: 'on',
    reason: 'Limits on attempts per account, network and in all (docs/how-to/limits.md). `off` is for measuring only.',
  },
  limitsSharedAddresses: {
    names: ['LIMITS_SHARED_ADDRESSES'],
    read: cidrList,
    fallback: '',
    reason:
      'Addresses and CIDR ranges that stand for many people, such as a gateway with a public address: no limit per address for them, nor a bound of their streams of revocations. Private addresses that connect to the service are so by themselves.',
  },
  limitsGlobalPerMinute: {
    names: ['LIMITS_GLOBAL_PER_MINUTE'],
    read: integer(60, 10_000_000),
    fallback: '6000',
    unit: 'attempts a minute',
    reason:
      'Sign-ins, and registrations, of everybody who is not known here, all processes together: twice what two cores can hash.',
  },
  challenge: {
    names: ['CHALLENGE'],
    read: oneOf('off', 'proof-of-work'),
    fallback: 'off',
    reason:
      'What is asked for when guessing is likely, before an attempt counts. Off: clients of the old service know none.',
  },
} as const satisfies Record<string, Setting<unknown>>
