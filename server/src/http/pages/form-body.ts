import type { FastifyRequest } from 'fastify'
import { refused } from '../../platform/refusal.ts'

/** The fields of a form of ours; one that is named twice is none. @throws Refusal 'unsupported-media-type' */
export function readForm(request: FastifyRequest): ReadonlyMap<string, string> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') throw refused('unsupported-media-type')
  const fields = new URLSearchParams(((request.body as Buffer | undefined) ?? Buffer.alloc(0)).toString())
  return new Map([...fields].filter(([name]) => fields.getAll(name).length === 1))
}

/**
 * Whether a page of somebody else's sent the form. Browsers say so (Fetch Metadata), and no page can make them lie; `Origin` is
 * of no use here, as our pages send no referrer. What is no browser says nothing, and has no victim.
 */
export function isFromElsewhere(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
