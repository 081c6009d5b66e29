import { isIP } from 'node:net'
import { type EventType, eventTypes } from '../../../../contract/events.ts'
import { isPublicAddress } from '../../platform/public-address.ts'
import { type FieldFault, refused } from '../../platform/refusal.ts'

/** Where events are sent. */
export type Endpoint = {
  id: string
  url: string
  description: string
  /** `*` is every type, also those of later releases. */
  types: readonly (EventType | '*')[]
  isEnabled: boolean
  /** Why it is disabled: `operator`, `gone` (it answered 410), `failing` (nothing was taken for days). */
  disabledBecause: string | null
  createdAt: number
  /** When it last took an event. */
  deliveredAt: number | null
}

/** What an operator says of one. */
export type EndpointFields = { url: string; description: string; types: readonly string[]; isEnabled: boolean }

const MOST_CHARACTERS = 2000

/** @throws Refusal 'malformed-request' naming what is wrong */
export function checkFields(fields: Partial<EndpointFields>, { allowPrivate }: { allowPrivate: boolean }): void {
  const { url, types } = fields
  const errors: FieldFault[] = []
  if (url !== undefined && !isAllowed(url, allowPrivate))
    errors.push({
      pointer: '/url',
      detail: `must be an ${allowPrivate ? 'http or ' : ''}https address of a public host`,
    })
  if (types !== undefined && !(types.length > 0 && types.every(isType)))
    errors.push({ pointer: '/types', detail: 'must be types of events, or * alone' })
  if (errors.length > 0) throw refused('malformed-request', { errors })
}

// Names are looked up when something is sent, each time: today's address says nothing of tomorrow's (CVE-2026-5469).
function isAllowed(text: string, allowPrivate: boolean): boolean {
  const url = text.length <= MOST_CHARACTERS && URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password || url.hash) return false
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return false
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return (
    allowPrivate ||
    !(host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && !isPublicAddress(host)))
  )
}

function isType(word: string, _index: number, all: readonly string[]): boolean {
  return word === '*' ? all.length === 1 : Object.hasOwn(eventTypes, word)
}

export function wantsType({ types }: Pick<Endpoint, 'types'>, type: EventType): boolean {
  return types.includes('*') || types.includes(type)
}
