import type { FastifyInstance } from 'fastify'
import type { Account, HistoryEntry } from '../../features/account/account.ts'
import { refused } from '../../platform/refusal.ts'
import { recordId } from '../record-id.ts'
import { timeText } from '../time-text.ts'
import { accountCaller } from './account-caller.ts'
import { historyReference, LIMIT_DEFAULT, LIMIT_MOST } from './history-reference.ts'

type Page = { Querystring: { limit?: unknown; before?: unknown } }

/** What happened to the account: sign-ins, refused ones too, sessions that ended, changes of what one signs in with. */
export function registerAccountHistory(app: FastifyInstance, { account }: { account: Account }): void {
  app.get<Page>('/api/account/history', { config: { reference: historyReference } }, async (request) => {
    const { limit, before } = request.query
    const most = limitOf(limit)
    const caller = accountCaller(request)
    const cursor = before === undefined ? undefined : recordId(String(before))
    const entries = await account.history(caller, { most, before: cursor })
    return {
      events: entries.map((entry) => toBody(entry, caller.sessionId)),
      next: entries.length === most ? (entries.at(-1)?.id ?? null) : null,
    }
  })
}

/** @throws Refusal 'malformed-request' */
function limitOf(given: unknown): number {
  if (given === undefined) return LIMIT_DEFAULT
  const limit = typeof given === 'string' && /^\d{1,3}$/.test(given) ? Number(given) : 0
  if (limit >= 1 && limit <= LIMIT_MOST) return limit
  throw refused('malformed-request', { reasons: [`limit must be a whole number from 1 to ${LIMIT_MOST}`] })
}

function toBody(entry: HistoryEntry, current: string | undefined) {
  return {
    id: entry.id,
    type: entry.type,
    at: timeText(entry.occurredAt),
    result: entry.result,
    reason: entry.reason,
    by: entry.by,
    address: entry.address,
    user_agent: entry.userAgent,
    session_id: entry.sessionId,
    is_current: entry.sessionId !== null && entry.sessionId === current,
    details: entry.data,
  }
}
