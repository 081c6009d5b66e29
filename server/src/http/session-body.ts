/** A session as its person and operators see it. */
import { authClasses, authMethods } from '../../../contract/claims.ts'
import type { SessionView } from '../features/sessions/sessions.ts'
import { timeText } from './time-text.ts'

const time = { type: 'string', format: 'date-time' } as const
const textOrNothing = { type: ['string', 'null'] } as const

export const sessionSchema = {
  $id: 'Session',
  type: 'object',
  required: [
    'id',
    'opened_at',
    'last_used_at',
    'expires_at',
    'ends_at',
    'amr',
    'acr',
    'authenticated_at',
    'address',
    'user_agent',
    'is_current',
  ],
  properties: {
    id: { type: 'string', description: 'The `sid` of its tokens.' },
    opened_at: time,
    last_used_at: { ...time, description: 'When it was refreshed last.' },
    expires_at: { ...time, description: 'When it ends unless it is refreshed before.' },
    ends_at: { ...time, description: 'When it ends however often it is refreshed.' },
    amr: {
      type: 'array',
      items: { enum: Object.keys(authMethods) },
      description: 'What was proven for it (RFC 8176). Empty for a session of the old service: nothing is known.',
    },
    acr: { enum: authClasses, description: 'The assurance level that this amounts to (NIST SP 800-63B-4 §2).' },
    authenticated_at: { ...time, description: 'Since when it has that level, by a sign-in or a step-up.' },
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
    ends_at: timeText(session.endsAt),
    amr: session.amr,
    acr: session.acr,
    authenticated_at: timeText(session.authenticatedAt),
    address: session.address,
    user_agent: session.userAgent,
    is_current: isCurrent,
  }
}
