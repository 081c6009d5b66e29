/** That a session never forked, as the proxy and the database of the service saw it. */
import assert from 'node:assert/strict'
import type { Service } from './service.ts'
import type { Exchange, Site } from './site.ts'

/**
 * Each refresh token that was shown had one successor, whoever showed it and however often; each successor follows one
 * token; and the line leads from the login to the token that the service takes for the current one.
 *
 * @returns how many tokens the line has
 */
export function assertOneLine(site: Site, service: Service, email: string): number {
  const successors = new Map<string, Set<string>>()
  for (const { body, answer, status } of site.refreshes()) {
    if (status !== 200) continue
    const shown = idOf(body)
    successors.set(shown, (successors.get(shown) ?? new Set()).add(idOf(answer)))
  }
  const line = [idOf(loginOf(site, email).answer)]
  for (let next = successors.get(line[0] ?? ''); next; next = successors.get(line.at(-1) ?? '')) {
    assert.equal(next.size, 1, `the session forked after ${line.length} tokens`)
    line.push(...next)
    assert.equal(new Set(line).size, line.length, 'a token follows two others')
  }
  assert.equal(line.length - 1, successors.size, 'tokens were shown that do not belong to the line')
  assertOneSession(service, email, line)
  return line.length
}

function assertOneSession(service: Service, email: string, line: readonly string[]): void {
  const sessions = service.sessionsOf(email)
  assert.equal(sessions.length, 1)
  const [session] = sessions
  assert.deepEqual([session?.ended_at, session?.end_reason], [null, null])
  assert.deepEqual([session?.parent_token_id ?? undefined, session?.current_token_id], [line.at(-2), line.at(-1)])
}

function loginOf(site: Site, email: string): Exchange {
  const logins = site.exchanges.filter(({ path, body }) => path === '/api/login' && JSON.parse(body).email === email)
  assert.equal(logins.length, 1)
  return logins[0] as Exchange
}

/** The `jti` of the refresh token in a body. */
function idOf(body: string): string {
  const [, payload = ''] = JSON.parse(body).refresh.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).jti
}
