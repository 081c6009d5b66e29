/** The routes of the running service, as it registers them: Fastify has no list of them afterwards. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

export type Route = {
  url: string
  method: string | string[]
  config?: { isQuiet?: boolean; permission?: string; limit?: string; reference?: { bearer?: true } }
}
type Initialization = { fastify: { addHook(name: 'onRoute', hook: (route: Route) => void): void } }

/** Runs what starts a service. @returns the routes that it registered meanwhile, and its answer */
export async function watchRoutes<T>(start: () => Promise<T>): Promise<{ routes: readonly Route[]; started: T }> {
  const routes: Route[] = []
  const watch = (message: unknown) => {
    const { fastify } = message as Initialization
    fastify.addHook('onRoute', (route) => void routes.push(route))
  }
  subscribe('fastify.initialization', watch)
  try {
    return { started: await start(), routes }
  } finally {
    unsubscribe('fastify.initialization', watch)
  }
}
