/** The routes of the running service, as it registers them: Fastify has no list of them afterwards. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** What a route says about itself, as far as tests go by it. */
export type RouteFacts = {
  kind?: string
  bearer?: true
  query?: Readonly<Record<string, string>>
  body?: {
    schema: { properties?: Readonly<Record<string, FieldSchema>>; required?: readonly string[] }
    example: object
  }
}

/** Of one field of a body. */
export type FieldSchema = {
  type?: string
  enum?: readonly unknown[]
  minLength?: number
  maxLength?: number
  maxItems?: number
  minimum?: number
  maximum?: number
  items?: FieldSchema
}

export type Route = {
  url: string
  method: string | string[]
  config?: { isQuiet?: boolean; permission?: string; limit?: string; reference?: RouteFacts }
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
