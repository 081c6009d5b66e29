/** The bits of a Token Status List (draft-ietf-oauth-status-list §4). Pure. */
import { deflateSync } from 'node:zlib'

/** Sessions a list: 16 KiB of bits, which are nearly all 0 and compress to a few bytes and two or three for each 1. */
export const STATUS_LIST_SESSIONS = 2 ** 17

/** Numbers that one row of `status_index` stands for: a process that opens many sessions asks for a row once in so many. */
export const STATUS_INDEXES_A_ROW = 64

/** Where the bit of a session is. Lists are filled one after the other, and no bit is ever given to a second session. */
export function placeOf(statusIndex: number): { list: number; idx: number } {
  return { list: Math.floor(statusIndex / STATUS_LIST_SESSIONS), idx: statusIndex % STATUS_LIST_SESSIONS }
}

/** The list with these bits set, as `lst`. */
export function encodeStatusList(ended: Iterable<number>): string {
  const bytes = new Uint8Array(STATUS_LIST_SESSIONS / 8)
  for (const idx of ended) bytes[idx >> 3] = (bytes[idx >> 3] ?? 0) | (1 << (idx & 7))
  return deflateSync(bytes, { level: 9 }).toString('base64url')
}
