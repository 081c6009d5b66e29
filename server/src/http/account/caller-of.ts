import type { Caller } from '../caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on the routes of the account. */
    caller: Caller | null
  }
}

/** The caller of a route of this folder. */
export function callerOf({ caller }: { caller: Caller | null }): Caller {
  if (!caller) throw new TypeError('a route outside of the account has no caller')
  return caller
}
