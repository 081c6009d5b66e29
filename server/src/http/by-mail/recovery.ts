import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { DeviceCookie } from '../device-cookie.ts'
import { emailAddress, jsonBody, optional, text } from '../json-body.ts'
import { languageOf } from '../language.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { mustBeDone, proofFields, proofOf } from './proof.ts'
import * as reference from './reference.ts'

export const challengeField = optional(
  text({ most: 4000, description: 'The solution of a challenge that was asked for.' }),
)

const forgotten = jsonBody(
  'ForgottenPassword',
  { email: emailAddress(), challenge: challengeField },
  { email: 'ann@example.com' },
)
const reset = jsonBody(
  'PasswordReset',
  {
    ...proofFields,
    password: text({ most: 4096, description: 'The new one.' }),
    challenge: challengeField,
  },
  { email: 'ann@example.com', code: '123456', password: 'three red apples' },
)

/** A forgotten password. Whether somebody has the address shows nowhere. */
export function registerRecovery(
  app: FastifyInstance,
  { account, deviceCookie }: { account: Account; deviceCookie: DeviceCookie },
): void {
  const askConfig = { limit: 'mail', reference: reference.forgotPassword(forgotten.reference) } as const
  app.post('/api/password/forgot', { config: askConfig }, async (request, reply) => {
    const { email, challenge: solution } = forgotten.read(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request), solution }
    await account.requestRecovery({ email, locale: languageOf(request), ...attempt })
    return reply.code(202).send({})
  })

  const config = { limit: 'mail-code', reference: reference.resetPassword(reset.reference) } as const
  app.post('/api/password/reset', { config }, async (request, reply) => {
    const { password, challenge: solution, ...given } = reset.read(request)
    const mark = deviceCookie.markOf(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request, mark), solution }
    mustBeDone(await account.recoverPassword({ proof: proofOf(given), password, ...attempt }))
    if (mark) deviceCookie.set(reply, mark)
    return reply.code(204).send()
  })
}
