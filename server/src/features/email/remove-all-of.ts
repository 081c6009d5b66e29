import type { Db } from '../../platform/db.ts'
import type { User } from '../users/users.ts'
import { slotOf } from './code.ts'
import { type Purpose, purposes } from './purpose.ts'
import { deleteCodesAt, deleteCodesOf, deleteMailsOf } from './store.ts'

/**
 * Removes mails and codes of a user, and what others asked for at the user's address: their codes are found by it alone. Of an
 * address that the user had before, or wanted to have, only what proves nobody: somebody else may have it by now.
 *
 * The link that gives somebody else their address back stays: whoever took it from them could be erased to be rid of it.
 */
export async function removeAllOf(tx: Db, { id, email }: Pick<User, 'id' | 'email'>): Promise<void> {
  await deleteMailsOf(tx, id)
  const addresses = await deleteCodesOf(tx, id)
  await deleteCodesAt(tx, slotsOf([email], askedForByAnybody), { ofNobody: false })
  if (addresses.length > 0) await deleteCodesAt(tx, slotsOf(addresses), { ofNobody: true })
}

const all = Object.keys(purposes) as Purpose[]
const askedForByAnybody = all.filter((purpose) => purpose !== 'undo-address-change')

function slotsOf(addresses: readonly string[], of: readonly Purpose[] = all): string[] {
  return addresses.flatMap((address) => of.map((purpose) => slotOf(purpose, address)))
}
