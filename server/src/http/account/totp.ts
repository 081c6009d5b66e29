import type { FastifyInstance } from 'fastify'
import type { Factors } from '../../features/sign-in/sign-in.ts'
import type { TotpFacts } from '../../features/totp/totp.ts'
import { callerOf } from '../caller.ts'
import type { FreshProof } from '../fresh-proof.ts'
import { jsonBody, text } from '../json-body.ts'
import { timeText } from '../time-text.ts'
import * as reference from './totp-reference.ts'

export type FactorRoutesDeps = FreshProof & { factors: Factors }

const confirmation = jsonBody(
  'TotpConfirmation',
  { code: text({ most: 20, description: 'The code that the app shows now; blanks do not count.' }) },
  { code: '123456' },
)

/** The app for codes: look, enrol, confirm, remove; and the recovery codes. */
export function registerAccountTotp(app: FastifyInstance, deps: FactorRoutesDeps): void {
  const { factors, requireFresh, requireBegunFresh } = deps

  app.get('/api/account/totp', { config: { reference: reference.showTotp } }, async (request) => {
    const { totp, recoveryCodesLeft } = await factors.findTotp(callerOf(request).userId)
    return {
      totp: totp ? totpBody(totp) : null,
      recovery_codes_left: recoveryCodesLeft,
    }
  })

  app.post('/api/account/totp/enrolment', { config: { reference: reference.startTotp } }, async (request, reply) => {
    const { secret, address, expiresAt } = await factors.startTotp(await requireFresh(request))
    return reply.code(201).send({ secret, uri: address, expires_at: timeText(expiresAt) })
  })

  const confirmReference = reference.confirmTotp(confirmation.reference)
  app.post('/api/account/totp', { config: { reference: confirmReference } }, async (request, reply) => {
    const caller = await requireBegunFresh(request)
    const { recoveryCodes } = await factors.addTotp(caller, confirmation.read(request).code)
    return reply.code(201).send({ recovery_codes: recoveryCodes ?? null })
  })

  app.delete('/api/account/totp', { config: { reference: reference.removeTotp } }, async (request, reply) => {
    await factors.removeTotp(await requireFresh(request))
    return reply.code(204).send()
  })

  const codesConfig = { config: { reference: reference.renewRecoveryCodes } }
  app.post('/api/account/recovery-codes', codesConfig, async (request, reply) => {
    const codes = await factors.renewRecoveryCodes(await requireFresh(request))
    return reply.code(201).send({ recovery_codes: codes })
  })
}

export function totpBody({ enrolledAt, lastUsedAt, isDisabled }: TotpFacts) {
  return { enrolled_at: timeText(enrolledAt), last_used_at: timeText(lastUsedAt), is_disabled: isDisabled }
}
