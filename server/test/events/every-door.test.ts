/** Behind every door that changes something what is told is written in the transaction of the fact: judge-door.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { type Route, watchRoutes } from '../routes.ts'
import { startServer } from '../start-server.ts'
import { accountDoors, quietAccountRoutes } from './account-doors.ts'
import { adminDoors } from './admin-doors.ts'
import { judgeDoor } from './judge-door.ts'
import { openDoors, quietOpenRoutes } from './open-doors.ts'

const doors = [...accountDoors, ...adminDoors, ...openDoors]
const quietRoutes = { ...quietAccountRoutes, ...quietOpenRoutes }
const environment = { PASSWORDLESS: 'on', WEBHOOKS_PRIVATE: 'on' }

for (const { kind, name } of databases()) {
  test(`behind no door of people and operators anything changes while events cannot be written, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment })
    for (const door of [...accountDoors, ...adminDoors]) await judgeDoor(t, s, door)
  })
}

test('a route that changes something has its row among the doors, or a reason for which nobody is told', async (t) => {
  const { routes } = await watchRoutes(() => startServer(t, { environment }))
  const changing = new Set(routes.flatMap(namesOf))
  const known = new Set([...doors.map(([route]) => route), ...Object.keys(quietRoutes)])
  assert.deepEqual([...changing].sort(), [...known].sort())
})

/** The old service's routes have two addresses each, with and without the slash at the end. */
function namesOf({ method, url }: Route): string[] {
  const address = url.replace('/api/accounts/', '/api/').replace(/(.)\/$/, '$1')
  return [method]
    .flat()
    .filter((one) => !['GET', 'HEAD', 'OPTIONS'].includes(one))
    .map((one) => `${one} ${address}`)
}
