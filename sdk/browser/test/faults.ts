import type { Fault, Site } from './site.ts'

export const REFRESH = '/api/token/refresh'

/** These faults for the next requests of that path, one each; then none. */
export function failNext(site: Site, path: string, ...faults: Fault[]): void {
  site.fault = (asked) => (asked === path ? faults.shift() : undefined)
}

/** This fault for every request of that path from now on. */
export function failAll(site: Site, path: string, fault: Fault): void {
  site.fault = (asked) => (asked === path ? fault : undefined)
}

/** What the service answers while its database is away. */
export function awayFor(seconds: number): Fault {
  const headers = { 'content-type': 'application/problem+json', 'retry-after': String(seconds) }
  const body = JSON.stringify({ code: 'database-unavailable', status: 503, retryAfterSeconds: seconds })
  return { kind: 'answer', status: 503, headers, body }
}
