import type { FastifyRequest } from 'fastify'
import { refused } from '../../platform/refusal.ts'

/** The fields of a form of ours; one that is named twice is none. @throws Refusal 'unsupported-media-type' */
export function readForm(request: FastifyRequest): ReadonlyMap<string, string> {
  if (!isForm(request)) throw refused('unsupported-media-type')
  const fields = new URLSearchParams(((request.body as Buffer | undefined) ?? Buffer.alloc(0)).toString())
  return new Map([...fields].filter(([name]) => fields.getAll(name).length === 1))
}

function isForm({ headers }: FastifyRequest): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  return type.trim().toLowerCase() === 'application/x-www-form-urlencoded'
}

/** The language that a link of ours names, or the form that it opened. */
export function languageNamed(request: FastifyRequest): string | null {
  const { lang } = request.query as Record<string, unknown>
  if (typeof lang === 'string') return lang
  return isForm(request) ? (readForm(request).get('lang') ?? null) : null
}

/**
 * Whether a page of somebody else's sent the form. Browsers say so (Fetch Metadata), and no page can make them lie; `Origin` is
 * of no use here, as our pages send no referrer. What is no browser says nothing, and has no victim.
 */
export function isFromElsewhere(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
