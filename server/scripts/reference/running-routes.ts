import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { App } from '../../src/http/app.ts'
import type { RouteReference } from '../../src/http/route-reference.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { prepare } from '../../src/prepare.ts'

export type RunningRoute = { method: string; address: string; reference: RouteReference | undefined }

/** Builds the service as it is started in test mode, which has all routes, on an empty database of its own, and hands them over. */
export async function withRunningRoutes<T>(use: (routes: RunningRoute[], app: App) => T | Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-reference-'))
  const routes: RunningRoute[] = []
  const watch = (message: unknown) => collectRoutes(message as Initialization, routes)
  const config = loadConfig({ DATA_DIR: folder, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', TEST_MODE: '1' })
  await prepare(config, createLogger(config.logLevel))
  const service = await compose(config)
  subscribe('fastify.initialization', watch) // Fastify has no list of its routes afterwards
  try {
    return await use(routes, await service.createApp())
  } finally {
    unsubscribe('fastify.initialization', watch)
    await service.close()
    await rm(folder, { recursive: true })
  }
}

type Initialization = { fastify: App['fastify'] }

function collectRoutes({ fastify }: Initialization, routes: RunningRoute[]): void {
  fastify.addHook('onRoute', ({ url, method, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, address: url, reference: config?.reference })
  })
}
