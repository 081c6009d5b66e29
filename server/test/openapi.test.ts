/** The reference: what it says is what the service does, and it is served as it was generated. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { OpenApi, OpenApiOperation, OpenApiResponse } from '../scripts/reference/openapi.ts'
import { makePages } from '../scripts/reference/pages.ts'
import { type RunningRoute, withRunningRoutes } from '../scripts/reference/running-routes.ts'
import { type RunningProcess, startProcess } from './start-process.ts'

const root = join(import.meta.dirname, '../..')
const pages = ['/docs', '/docs/problems', '/openapi.json']
const isForPeople = (address: string) => /^\/(?:mail\/|dev\/mail)/.test(address) // pages that links of mails open

const readReference = (name: string) => readFile(join(root, 'docs/reference', name), 'utf8')
const document: OpenApi = JSON.parse(await readReference('openapi.json'))
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))

describe('the OpenAPI document', () => {
  let routes: RunningRoute[]
  before(async () => {
    routes = await withRunningRoutes((running) => running)
  })

  it('lists every route of the service but its pages, and nothing else', () => {
    const isGiven = ({ method, address }: RunningRoute) =>
      method !== 'HEAD' && !pages.includes(address) && !isForPeople(address)
    const given = routes.filter(isGiven).map(({ method, address }) => `${method} ${address}`)
    const listed = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, operation]) =>
        [path, ...(operation['x-aliases'] ?? [])].map((address) => `${method.toUpperCase()} ${address}`),
      ),
    )
    assert.deepEqual(listed.sort(), given.sort())
  })

  it('CVE-2025-53887: says which interface it is, and not which mends are in', () => {
    assert.match(document.info.version, /^\d+\.\d+$/)
  })

  it('refers only to components that it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, to]) => to)
    const { schemas, responses } = document.components
    const components = Object.entries({ schemas, responses }).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `${kind}/${name}`),
    )
    assert.ok(references.length > 0)
    assert.deepEqual([...new Set(references)].sort(), components.sort())
  })

  it('names each operation once', () => {
    const names = operations.map(({ operationId }) => operationId)
    assert.equal(new Set(names).size, names.length)
  })

  it('and the pages made with it are current', async () => {
    for (const [name, text] of await makePages(root)) assert.equal(await readReference(name), text, name)
  })
})

test('the service does what the reference says', async (t) => {
  const service = await startProcess(t)

  await t.test('for the example requests', async () => {
    const tokens: Record<string, unknown> = {}
    for (const [path, status] of [
      ['/api/register', 201],
      ['/api/login', 200],
      ['/api/token/refresh', 200],
      ['/api/token/verify', 200],
      ['/api/logout', 200],
    ] as const) {
      const answer = await service.post(path, exampleOf(path, tokens))
      assert.equal(answer.status, status, path)
      const body = answer.json as Record<string, unknown>
      assert.deepEqual(Object.keys(body), Object.keys(examplesOf(path, status)[0] ?? {}), path)
      Object.assign(tokens, body, body.access ? { token: body.access } : {})
    }
  })

  await t.test('for wrong ones', async () => {
    const { email, password } = exampleOf('/api/register', {})
    await service.post('/api/register', exampleOf('/api/register', {}))
    const wrong: [path: string, body: object, status: number][] = [
      ['/api/register', { email: 'bea@example.com' }, 400],
      ['/api/register', { email, password }, 400],
      ['/api/register', { email: 'bea@example.com', password: 'password' }, 400],
      ['/api/login', { email }, 400],
      ['/api/login', { email, password: 'another one' }, 401],
      ['/api/token/refresh', {}, 400],
      ['/api/token/refresh', { refresh: 'x' }, 401],
      ['/api/token/verify', {}, 400],
      ['/api/token/verify', { token: 'x' }, 401],
      ['/api/logout', {}, 400],
      ['/api/logout', { refresh: 'x' }, 401],
    ]
    for (const [path, body, status] of wrong) {
      const answer = await service.post(path, body)
      assert.equal(answer.status, status, path)
      const isListed = examplesOf(path, status).some((example) => isDeepStrictEqual(example, answer.json))
      assert.ok(isListed, `${path} answered ${answer.text}`)
    }
  })

  await t.test('when it answers a problem', async () => {
    const { json, headers } = await service.post('/api/login', { email: 'a'.repeat(70_000) })
    const [example] = examplesOf('/api/login', 413)
    assert.equal(headers['content-type'], 'application/problem+json; charset=utf-8')
    assert.deepEqual({ ...(json as object), instance: '' }, { ...example, instance: '' })
  })
})

test('the pages', async (t) => {
  const service = await startProcess(t)

  await t.test('are served as they were generated, once for each version', async () => {
    for (const [path, file] of [
      ['/openapi.json', 'openapi.json'],
      ['/docs', 'api.html'],
      ['/docs/problems', 'problems.html'],
    ] as const) {
      const { status, text, headers } = await service.get(path)
      assert.equal(status, 200, path)
      assert.equal(text, await readReference(file), path)
      await assertUnchanged(service, path, headers.etag)
    }
  })

  await t.test('load nothing: their only style is named by its digest', async () => {
    const { text, headers } = await service.get('/docs')
    const [, style = ''] = /<style>([^<]*)<\/style>/.exec(text) ?? []
    const digest = createHash('sha256').update(style).digest('base64')
    assert.equal(
      headers['content-security-policy'],
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    assert.doesNotMatch(text, /<script|<img|<link|\bsrc=| style=/)
  })

  await t.test('have an anchor for each address that a problem names as its type', async () => {
    const { json } = await service.get('/nothing')
    const [path = '', anchor] = (json as { type: string }).type.split('#')
    const { text } = await service.get(path)
    assert.match(text, new RegExp(`id="${anchor}"`))
  })

  await t.test('link only to anchors that are there', async () => {
    const [api, problems] = await Promise.all([readReference('api.html'), readReference('problems.html')])
    const targets = (text: string, prefix: string) =>
      [...text.matchAll(/href="([^"#]*)#([^"]+)"/g)].flatMap(([, path, id]) => (id && path === prefix ? [id] : []))
    for (const id of targets(api, '')) assert.ok(api.includes(`id="${id}"`), id)
    for (const id of [...targets(problems, ''), ...targets(api, '/docs/problems')])
      assert.ok(problems.includes(`id="${id}"`), id)
  })
})

async function assertUnchanged(service: RunningProcess, path: string, etag = ''): Promise<void> {
  const again = await service.get(path, { 'if-none-match': etag })
  assert.deepEqual([again.status, again.text], [304, ''], path)
}

/** The example body of an address, with tokens that are good in the place of the abbreviated ones. */
function exampleOf(path: string, tokens: Record<string, unknown>): Record<string, unknown> {
  const [content] = Object.values(operationOf(path).requestBody?.content ?? {})
  assert.ok(content, `${path} has an example`)
  const entries = Object.entries(content.example).map(([name, value]) => [name, tokens[name] ?? value])
  return Object.fromEntries(entries)
}

function examplesOf(path: string, status: number): Record<string, unknown>[] {
  const response = operationOf(path).responses[status]
  const answer = response && '$ref' in response ? componentOf(response.$ref) : response
  const [content] = Object.values(answer?.content ?? {})
  return Object.values(content?.examples ?? {}).map(({ value }) => value as Record<string, unknown>)
}

function operationOf(path: string): OpenApiOperation {
  const operation = document.paths[path]?.post
  assert.ok(operation, `${path} is in the document`)
  return operation
}

function componentOf(reference: string): OpenApiResponse | undefined {
  return document.components.responses[reference.split('/').at(-1) ?? '']
}
