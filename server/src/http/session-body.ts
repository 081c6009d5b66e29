/** A session as its person and operators see it. */
import type { SessionView } from '../features/sessions/sessions.ts'

const time = { type: 'string', format: 'date-time' } as const
const textOrNothing = { type: ['string', 'null'] } as const

export const sessionSchema = {
  $id: 'Session',
  type: 'object',
  required: ['id', 'opened_at', 'last_used_at', 'expires_at', 'address', 'user_agent', 'is_current'],
  properties: {
    id: { type: 'string', description: 'The `sid` of its tokens.' },
    opened_at: time,
    last_used_at: { ...time, description: 'When it was refreshed last.' },
    expires_at: { ...time, description: 'When it ends unless it is refreshed before.' },
    address: { ...textOrNothing, description: 'Where it was opened from. Null for a session of the old service.' },
    user_agent: textOrNothing,
    is_current: { type: 'boolean', description: 'Whether it is the one that asks.' },
  },
} as const

export function sessionBody(session: SessionView, isCurrent: boolean) {
  return {
    id: session.id,
    opened_at: timeText(session.openedAt),
    last_used_at: timeText(session.lastUsedAt),
    expires_at: timeText(session.expiresAt),
    address: session.address,
    user_agent: session.userAgent,
    is_current: isCurrent,
  }
}

const timeText = (time: number) => new Date(time).toISOString() // RFC 3339
