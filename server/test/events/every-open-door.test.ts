/** The same of doors that ask for no token. */
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { startServer } from '../start-server.ts'
import { judgeDoor } from './judge-door.ts'
import { openDoors, privateDoors } from './open-doors.ts'

const environment = { PASSWORDLESS: 'on' }

for (const { kind, name } of databases()) {
  test(`behind no door of signing in and up anything changes while events cannot be written, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment })
    const inPrivate = await startServer(t, { kind, environment: { ...environment, REGISTRATION: 'private' } })
    for (const door of openDoors) await judgeDoor(t, s, door)
    for (const door of privateDoors) await judgeDoor(t, inPrivate, door)
  })
}
