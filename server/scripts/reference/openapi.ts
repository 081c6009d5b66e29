import type { Answer, Group, Operation, Schema } from '../../src/http/route-reference.ts'
import type { RunningRoute } from './running-routes.ts'

export type OpenApiSchema = { readonly [keyword: string]: unknown }
export type Reference = { $ref: string }
export type OpenApiResponse = {
  description: string
  headers?: Record<string, { description: string; schema: OpenApiSchema }>
  content?: Record<string, { schema: OpenApiSchema; examples?: Record<string, { value: unknown }> }>
  'x-refusals'?: readonly string[]
}
export type OpenApiOperation = {
  operationId: string
  tags: string[]
  summary: string
  description: string
  /** Other addresses of the same operation. */
  'x-aliases'?: string[]
  security?: { accessToken: [] }[]
  parameters?: { name: string; in: 'query'; description: string; schema: OpenApiSchema }[]
  requestBody?: { required: true; content: Record<string, { schema: OpenApiSchema; example: object }> }
  responses: Record<string, OpenApiResponse | Reference>
}
export type OpenApi = {
  openapi: '3.1.1'
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } }
  servers: { url: string }[]
  security: []
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, OpenApiOperation>>
  components: {
    schemas: Record<string, OpenApiSchema>
    responses: Record<string, OpenApiResponse>
    securitySchemes: typeof securitySchemes
  }
}

const securitySchemes = { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } as const

/** In the order of the page. */
const groups: Readonly<Record<Group, string>> = {
  'Sign-in': 'Register, sign in, keep the session alive, sign out: the JSON API of the old service.',
  Proxies: 'What reverse proxies ask before they let a request through to a service behind them.',
  Account: 'The signed-in person, for themselves.',
  Passkeys: 'What browsers ask about passkeys.',
  Administration: 'Operators: each route names the permission that it needs.',
  Keys: 'What other services verify tokens with.',
  Revocations: 'Which tokens have ended early: verified locally, refused at once.',
  Health: 'For whoever runs the service.',
  'Test mode':
    'For tests of your application, with `TEST_MODE=1` only, on the same machine. Elsewhere none of it is there.',
}

const description = [
  'Register users, sign them in, and say whether a token is good.',
  'Bodies are JSON of at most 64 KiB; forms are taken too. Every answer carries `X-Request-Id`, which names its line in the log. ' +
    'An address that does not exist is answered with 404 and a problem.',
].join('\n\n')

/** The OpenAPI document of the routes. @throws Error naming routes that say nothing about themselves */
export function makeOpenApi(routes: readonly RunningRoute[], version: string): OpenApi {
  refuseSilent(routes)
  const components: OpenApi['components'] = { schemas: {}, responses: {}, securitySchemes }
  const paths: OpenApi['paths'] = {}
  for (const { method, address, reference } of operationsOf(routes)) {
    const operation = makeOperation(reference, aliasesOf(routes, method, address), components)
    paths[address] = { ...paths[address], [method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'SamurAI Auth', version, description, license: { name: 'Apache 2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [],
    tags: Object.entries(groups).map(([name, text]) => ({ name, description: text })),
    paths,
    components: {
      schemas: byName(components.schemas),
      responses: byName(components.responses),
      securitySchemes,
    },
  }
}

function refuseSilent(routes: readonly RunningRoute[]): void {
  const silent = routes.filter(({ reference }) => !reference).map(({ method, address }) => `${method} ${address}`)
  if (silent.length > 0) throw new Error(`without config.reference: ${silent.join(', ')}`)
}

/** The routes that are operations, by group. Fastify adds the HEAD of a GET by itself. */
function operationsOf(routes: readonly RunningRoute[]) {
  const operations = routes.flatMap(({ method, address, reference }) =>
    reference?.kind === 'operation' && method !== 'HEAD' ? [{ method, address, reference }] : [],
  )
  return Object.keys(groups).flatMap((group) => operations.filter(({ reference }) => reference.group === group))
}

function aliasesOf(routes: readonly RunningRoute[], method: string, address: string): string[] {
  const isAlias = (route: RunningRoute) =>
    route.method === method && route.reference?.kind === 'alias' && route.reference.of === address
  return routes.filter(isAlias).map((route) => route.address)
}

function makeOperation(operation: Operation, aliases: string[], components: OpenApi['components']): OpenApiOperation {
  const { id, group, summary, description, bearer, query, body, answers } = operation
  const responses = Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, components)])
  return {
    operationId: id,
    tags: [group],
    summary,
    description,
    ...(aliases.length > 0 && { 'x-aliases': aliases }),
    ...(bearer && { security: [{ accessToken: [] }] }),
    ...(query && { parameters: Object.entries(query).map(([name, text]) => queryParameter(name, text)) }),
    ...(body && { requestBody: requestBodyOf(body, components) }),
    responses: Object.fromEntries(responses),
  }
}

function queryParameter(name: string, description: string) {
  return { name, in: 'query' as const, description, schema: { type: 'string' } }
}

function requestBodyOf(
  { schema, mediaTypes, example }: NonNullable<Operation['body']>,
  components: OpenApi['components'],
) {
  const content = { schema: hoist(schema, components), example }
  return { required: true as const, content: Object.fromEntries(mediaTypes.map((type) => [type, content])) }
}

function responseOf(answer: Answer, components: OpenApi['components']): OpenApiResponse | Reference {
  const { name, description, mediaType = 'application/json', schema, examples, headers, refusals = [] } = answer
  const response: OpenApiResponse = {
    description,
    ...(headers && { headers: mapValues(headers, (text) => ({ description: text, schema: { type: 'string' } })) }),
    ...(schema && {
      content: {
        [mediaType]: {
          schema: hoist(schema, components),
          ...(examples && { examples: mapValues(examples, (value) => ({ value })) }),
        },
      },
    }),
    ...(refusals.length > 0 && { 'x-refusals': refusals }),
  }
  return name ? register(components.responses, 'responses', name, response) : response
}

/** The schema, with every part that has an `$id` moved to the components. */
function hoist(schema: Schema, components: OpenApi['components']): OpenApiSchema {
  const { $id, ...rest } = mapValues(schema, (part) => hoistPart(part, components))
  return typeof $id === 'string' ? register(components.schemas, 'schemas', $id, rest) : rest
}

function hoistPart(part: unknown, components: OpenApi['components']): unknown {
  if (Array.isArray(part)) return part.map((entry) => hoistPart(entry, components))
  return typeof part === 'object' && part !== null ? hoist(part as Schema, components) : part
}

function register<T>(registered: Record<string, T>, kind: 'schemas' | 'responses', name: string, value: T): Reference {
  const known = registered[name]
  if (known && JSON.stringify(known) !== JSON.stringify(value)) throw new Error(`two components are called ${name}`)
  registered[name] = value
  return { $ref: `#/components/${kind}/${name}` }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

function byName<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
