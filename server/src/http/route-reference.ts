/**
 * What a route says about itself: plain data beside the route, read while nothing is served. `npm run openapi` makes the
 * OpenAPI document of it.
 */
import type { RefusalCode } from '../../../contract/problems.ts'

/** JSON Schema 2020-12. One with an `$id` becomes a component of that name. */
export type Schema = { readonly [keyword: string]: unknown }

export type Answer = {
  /** Of an answer that several operations give: it becomes a component of that name. */
  readonly name?: string
  readonly description: string
  /** Default: application/json. */
  readonly mediaType?: string
  readonly schema?: Schema
  /** By name. */
  readonly examples?: Readonly<Record<string, unknown>>
  /** Headers that say more than the ones of every answer: name and meaning. */
  readonly headers?: Readonly<Record<string, string>>
  /** Why it may be given, by the codes of contract/problems.ts. */
  readonly refusals?: readonly RefusalCode[]
}

export type Group =
  | 'Sign-in'
  | 'Proxies'
  | 'Account'
  | 'Passkeys'
  | 'Administration'
  | 'Keys'
  | 'Revocations'
  | 'Health'
  | 'Test mode'

export type Operation = {
  readonly id: string
  readonly group: Group
  readonly summary: string
  readonly description: string
  /** Wants an access token in the Authorization header. */
  readonly bearer?: true
  /** Query parameters, all optional texts: name and meaning. */
  readonly query?: Readonly<Record<string, string>>
  readonly body?: { readonly schema: Schema; readonly mediaTypes: readonly string[]; readonly example: object }
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>
}

/** `alias`: the same operation under another address. `page`: for people, no part of the API. */
export type RouteReference =
  | ({ readonly kind: 'operation' } & Operation)
  | { readonly kind: 'alias'; readonly of: string }
  | { readonly kind: 'page' }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route has one; `npm run openapi` names a route that has none. */
    reference?: RouteReference
  }
}

/** RFC 9457, as problems.ts renders it. */
const problemSchema: Schema = {
  $id: 'Problem',
  type: 'object',
  description: 'Problem details (RFC 9457).',
  required: ['title', 'status', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Where the problem is documented.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'One sentence for people.' },
    code: { type: 'string', description: 'For programs: a code of `/docs/problems`.' },
    instance: { type: 'string', description: 'Names the request, as its line in the log does.' },
    retryAfterSeconds: { type: 'integer', description: 'When it is worth trying again.' },
  },
}

/** An answer of problem details. */
export function problemAnswer(description: string, ...refusals: RefusalCode[]): Answer {
  return { description, mediaType: 'application/problem+json', schema: problemSchema, refusals }
}
