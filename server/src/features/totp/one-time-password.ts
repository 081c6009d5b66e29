/** Time-based one-time passwords: RFC 6238 on RFC 4226, as pure functions of secret, code and time. */
import { createHmac } from 'node:crypto'
import { equalSecrets } from '../../platform/secrets.ts'

export type TotpParameters = {
  algorithm: 'sha1' | 'sha256' | 'sha512'
  digits: 6 | 8
  stepSeconds: number
}

/** What every code app knows; several of them read nothing else from the address and silently take this. */
export const commonParameters: TotpParameters = { algorithm: 'sha1', digits: 6, stepSeconds: 30 }

/** RFC 4226 §4 R6 recommends 160 bits. */
export const SECRET_BYTES = 20

const STEPS_AROUND = 1 // RFC 6238 §5.2: at most one step for the way; the one ahead is for a phone that runs fast

/** The number of the time step that an instant (milliseconds since the epoch) lies in: RFC 6238 §4.2. */
export function stepAt(time: number, { stepSeconds } = commonParameters): number {
  return Math.floor(time / 1000 / stepSeconds)
}

/** The code of a time step: RFC 4226 §5.3 with the step as the moving factor, as 64 bits. */
export function codeOfStep(secret: Buffer, step: number, parameters = commonParameters): string {
  const { algorithm, digits } = parameters
  const movingFactor = Buffer.alloc(8)
  movingFactor.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm, secret).update(movingFactor).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  const truncated = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(truncated % 10 ** digits).padStart(digits, '0')
}

/**
 * The time step that a code is of, now or one beside it, if it is later than the last one that was taken; or undefined.
 * All steps are compared, whichever is the right one.
 */
export function findStep(
  { secret, lastStep }: { secret: Buffer; lastStep: number | null },
  code: string,
  now: number,
  parameters = commonParameters,
): number | undefined {
  const current = stepAt(now, parameters)
  let found: number | undefined
  for (let step = current - STEPS_AROUND; step <= current + STEPS_AROUND; step++) {
    const isRight = equalSecrets(Buffer.from(codeOfStep(secret, step, parameters)), Buffer.from(code))
    // RFC 6238 §5.2: the verifier takes no second code of a time step; nor an older one, which was seen by others longer.
    if (isRight && step > (lastStep ?? -1)) found = step
  }
  return found
}

/** A typed code without the blank that apps show in the middle; undefined when it cannot be one. */
export function readCode(typed: string, { digits } = commonParameters): string | undefined {
  const code = typed.replace(/\s/g, '')
  return /^[0-9]+$/.test(code) && code.length === digits ? code : undefined
}
