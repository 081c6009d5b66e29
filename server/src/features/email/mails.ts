/** Every mail that this service sends, and what its templates may say. Words and templates are in the folder `mails`. */
import type { Documents } from '../../platform/templates/templates.ts'

const code = { facts: ['address', 'code', 'link', 'minutes'], required: ['code', 'link'] }
const origin = ['time', 'device', 'place']

export const mails = {
  'verify-address': code,
  'change-address': code,
  'recover-password': code,
  'sign-in': code,
  /** To the old address. */
  'address-changed': { facts: ['address', 'newAddress', 'link', 'days', ...origin], required: ['link'] },
  'address-taken': { facts: ['address', ...origin] },
  'password-changed': { facts: ['address', ...origin] },
  'factor-added': { facts: ['address', 'factor', ...origin], required: [] },
  'factor-removed': { facts: ['address', 'factor', ...origin], required: [] },
  'sign-in-method-added': { facts: ['address', 'method', ...origin], required: [] },
} as const satisfies Documents

export type MailName = keyof typeof mails
