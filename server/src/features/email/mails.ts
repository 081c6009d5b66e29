/**
 * Every mail that this service sends, and what its templates may say. In the folder `mails` each has `<name>.html` and
 * `<name>.txt`, and in `words.<language>.json` a group of its name with `subject`, `title` and what its templates use.
 */
import type { Documents } from '../../platform/templates/templates.ts'

const code = { facts: ['address', 'code', 'link', 'minutes'], required: ['code', 'link'] }
const origin = ['time', 'device', 'place']

export const mails = {
  'verify-address': code,
  'change-address': code,
  'recover-password': code,
  'sign-in': code,
  /** The same where no application takes the link. */
  'sign-in-code': { facts: ['address', 'code', 'minutes'], required: ['code'] },
  /** To the old address. It does not say the new one: whoever took the account over would word a mail of ours. */
  'address-changed': { facts: ['address', 'link', 'days', ...origin], required: ['link'] },
  /** To one that nobody had proved: it may be a stranger's, who is given no way into the account, and not told from where. */
  'unproven-address-changed': { facts: ['address', 'time'] },
  'account-exported': { facts: ['address', ...origin] },
  'deletion-requested': { facts: ['address', 'code', 'link', 'until', ...origin], required: ['code', 'link'] },
  'deletion-undone': { facts: ['address', ...origin] },
  'account-deleted': { facts: ['address', 'time'] },
  'address-taken': { facts: ['address', ...origin] },
  'password-changed': { facts: ['address', ...origin] },
  'factor-added': { facts: ['address', 'factor', ...origin] },
  'factor-removed': { facts: ['address', 'factor', ...origin] },
  'factor-disabled': { facts: ['address', 'factor', ...origin] },
  'recovery-codes-made': { facts: ['address', ...origin] },
  /** By an operator: from where is nobody's business. */
  'factors-reset': { facts: ['address', 'factors', 'time'] },
} as const satisfies Documents

export type MailName = keyof typeof mails
