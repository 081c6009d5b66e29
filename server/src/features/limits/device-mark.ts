/**
 * Device marks: a random name that a browser keeps, signed, so that a made-up one is not even looked up. It proves nothing
 * by itself: only an account that signed in with it knows it (OWASP, "Slow down online guessing attacks with device cookies").
 */
import { randomId } from '../../platform/random.ts'
import { equalSecrets, type Sealer } from '../../platform/secrets.ts'

export type DeviceMark = { id: string; text: string }

export type DeviceMarks = {
  make(): DeviceMark
  /** Undefined when it is not one of ours. What the key before has signed comes back signed by the one in use. */
  read(text: string): DeviceMark | undefined
}

const SHAPE = /^([0-9a-f]{32})\.([A-Za-z0-9_-]{43})$/

export function createDeviceMarks(sealer: Sealer): DeviceMarks {
  const signaturesOf = (id: string) => sealer.macs.map((mac) => mac(`device mark: ${id}`))
  const markOf = (id: string) => ({ id, text: `${id}.${sealer.mac(`device mark: ${id}`).toString('base64url')}` })
  return {
    make: () => markOf(randomId()),
    read(text) {
      const [, id = '', signature = ''] = SHAPE.exec(text) ?? []
      const given = Buffer.from(signature, 'base64url')
      const isOurs = id !== '' && signaturesOf(id).some((ours) => equalSecrets(given, ours))
      return isOurs ? markOf(id) : undefined
    },
  }
}
