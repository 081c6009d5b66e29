import type { FastifyInstance } from 'fastify'
import { signatureAlgorithms } from '../../../contract/algorithms.ts'
import type { Keys } from '../features/keys/keys.ts'
import type { Passkeys } from '../features/passkeys/passkeys.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'

const CACHE_CONTROL = 'public, max-age=300' // verifiers refetch when they meet an unknown `kid`

/**
 * `/.well-known/jwks.json`: the public signing keys (RFC 7517 §5), answered from memory. `/.well-known/webauthn`: origins
 * whose pages may use our passkeys (WebAuthn §5.11).
 */
export function registerWellKnown(
  app: FastifyInstance,
  { keys, passkeys }: { keys: Keys; passkeys: Pick<Passkeys, 'origins'> },
): void {
  app.get(
    '/.well-known/jwks.json',
    { config: { limit: 'memory', reference: keySetReference } },
    async (request, reply) => {
      const { body, etag } = keys.keySet()
      reply.header('etag', etag).header('cache-control', CACHE_CONTROL)
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type('application/json').send(body)
    },
  )
  app.get(
    '/.well-known/webauthn',
    { config: { limit: 'memory', reference: relatedOriginsReference } },
    async (_request, reply) => {
      reply.header('cache-control', CACHE_CONTROL)
      return { origins: passkeys.origins }
    },
  )
}

const keySchema = {
  $id: 'PublicKey',
  type: 'object',
  description: 'A public key (RFC 7517 §4). Verifiers go by `kid` and `alg`.',
  required: ['kty', 'kid', 'alg', 'use'],
  properties: {
    kty: { type: 'string', description: 'The kind of key; the members that hold it follow from that.' },
    kid: { type: 'string', description: 'The thumbprint of the key (RFC 7638).' },
    alg: { enum: signatureAlgorithms },
    use: { const: 'sig' },
  },
} as const

const keySetReference: RouteReference = {
  kind: 'operation',
  id: 'keySet',
  group: 'Keys',
  summary: 'The keys that tokens are signed with',
  description: 'A key set (RFC 7517 §5). Keep it, and fetch it again when a token names a `kid` that is not in it.',
  answers: {
    200: {
      description: 'The public keys.',
      schema: {
        $id: 'KeySet',
        type: 'object',
        required: ['keys'],
        properties: { keys: { type: 'array', items: keySchema, minItems: 1 } },
      },
      headers: { ETag: 'Changes when the keys change.', 'Cache-Control': '`public, max-age=300`' },
    },
    304: { description: 'It is still the one that `If-None-Match` names.' },
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
  },
}

const relatedOriginsReference: RouteReference = {
  kind: 'operation',
  id: 'relatedOrigins',
  group: 'Passkeys',
  summary: 'Origins that may use the passkeys',
  description:
    'Browsers ask the domain of the relying party id for it when a page of another origin wants to use a passkey (WebAuthn Level 3 §5.11).',
  answers: {
    200: {
      description: 'The origins.',
      schema: {
        type: 'object',
        required: ['origins'],
        properties: { origins: { type: 'array', items: { type: 'string' }, minItems: 1 } },
      },
      headers: { 'Cache-Control': '`public, max-age=300`' },
    },
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
  },
}
