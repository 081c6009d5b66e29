/**
 * Device marks: a random name that a browser keeps, signed, so that a made-up one is not even looked up. It proves nothing
 * by itself: only an account that signed in with it knows it (OWASP, "Slow down online guessing attacks with device cookies").
 */
import { randomId } from '../../platform/random.ts'
import { equalSecrets, type Sealer } from '../../platform/secrets.ts'

export type DeviceMark = { id: string; text: string }

export type DeviceMarks = {
  make(): DeviceMark
  /** Undefined when it is not one of ours. */
  read(text: string): DeviceMark | undefined
}

const SHAPE = /^([0-9a-f]{32})\.([A-Za-z0-9_-]{43})$/

export function createDeviceMarks(sealer: Sealer): DeviceMarks {
  const signatureOf = (id: string) => sealer.mac(`device mark: ${id}`)
  return {
    make() {
      const id = randomId()
      return { id, text: `${id}.${signatureOf(id).toString('base64url')}` }
    },
    read(text) {
      const [, id = '', signature = ''] = SHAPE.exec(text) ?? []
      if (!id || !equalSecrets(Buffer.from(signature, 'base64url'), signatureOf(id))) return undefined
      return { id, text }
    },
  }
}
