/** `/openapi.json` and the reference pages under `/docs`: generated files, read when they are first asked for and then kept. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

const FOLDER = new URL('../../../docs/reference/', import.meta.url)
const CACHE_CONTROL = 'public, max-age=300'

const pages: [path: string, file: string, type: string][] = [
  ['/openapi.json', 'openapi.json', 'application/json'],
  ['/docs', 'api.html', 'text/html; charset=utf-8'],
  ['/docs/problems', 'problems.html', 'text/html; charset=utf-8'],
]

type Page = { body: Buffer; etag: string; contentSecurityPolicy: string }

export function registerReference(app: FastifyInstance): void {
  for (const [path, file, type] of pages) {
    let page: Page | undefined
    app.get(path, { config: { limit: 'memory', reference: { kind: 'page' } } }, async (request, reply) => {
      page ??= await readPage(file)
      reply.header('etag', page.etag).header('cache-control', CACHE_CONTROL)
      reply.header('content-security-policy', page.contentSecurityPolicy)
      if (request.headers['if-none-match'] === page.etag) return reply.code(304).send()
      return reply.type(type).send(page.body)
    })
  }
}

async function readPage(file: string): Promise<Page> {
  const body = await readFile(new URL(file, FOLDER))
  const [, style] = /<style>([^<]*)<\/style>/.exec(body.toString()) ?? []
  return {
    body,
    etag: `"${digestOf(body).slice(0, 22)}"`,
    contentSecurityPolicy: [
      `default-src 'none'; style-src ${style ? `'sha256-${digestOf(style)}'` : "'none'"}`,
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ].join('; '),
  }
}

function digestOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('base64')
}
