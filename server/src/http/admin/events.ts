import type { FastifyInstance } from 'fastify'
import { type EventType, eventTypes } from '../../../../contract/events.ts'
import type { OpenedEvent } from '../../features/events/events.ts'
import { refused } from '../../platform/refusal.ts'
import { timeText } from '../time-text.ts'
import type { AdminDeps } from './deps.ts'
import { eventsReference } from './events-reference.ts'

type Page = { Querystring: { user?: unknown; type?: unknown; before?: unknown } }

const MOST_EVENTS = 100

/** The record of events, with what is personal in them: for whoever must find out what happened. */
export function registerAdminEvents(app: FastifyInstance, { events }: AdminDeps): void {
  const config = { permission: 'audit:read', reference: eventsReference } as const
  app.get<Page>('/api/admin/events', { config }, async ({ query }) => {
    const [userId, type] = [userOf(query.user), typeOf(query.type)]
    const page = { most: MOST_EVENTS, before: positionOf(query.before), types: type && [type] }
    const listed = await (userId === undefined ? events.list(page) : events.listAbout(userId, page))
    return {
      events: listed.map(toBody),
      next: listed.length === MOST_EVENTS ? (listed.at(-1)?.position ?? null) : null,
    }
  })
}

function toBody(event: OpenedEvent) {
  return {
    id: event.id,
    position: event.position,
    type: event.type,
    at: timeText(event.occurredAt),
    user_id: event.userId,
    actor: { kind: event.actor.kind, id: 'id' in event.actor ? event.actor.id : null },
    session_id: event.sessionId,
    client_id: event.clientId,
    result: event.result,
    reason: event.reason,
    address: event.origin?.address ?? null,
    user_agent: event.origin?.userAgent ?? null,
    details: event.data,
    personal: event.personal,
  }
}

const NUMBER = /^\d{1,15}$/

/** A filter that cannot be read is refused: without it, everything would look like the answer. @throws Refusal 'malformed-request' */
function userOf(given: unknown): number | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string' && NUMBER.test(given)) return Number(given)
  throw malformed('/user', 'must be the id of a user')
}

/** @throws Refusal 'malformed-request' */
function typeOf(given: unknown): EventType | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string' && Object.hasOwn(eventTypes, given)) return given as EventType
  throw malformed('/type', 'must be a type of event')
}

/** What is no number is not looked at. */
function positionOf(given: unknown): number | undefined {
  return typeof given === 'string' && NUMBER.test(given) ? Number(given) : undefined
}

const malformed = (pointer: string, detail: string) => refused('malformed-request', { errors: [{ pointer, detail }] })
