import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import { mustBeDone } from '../by-mail/proof.ts'
import type { FreshProof } from '../fresh-proof.ts'
import { emailAddress, jsonBody, newEmailAddress, optional, text } from '../json-body.ts'
import { languageOf } from '../language.ts'
import { visitorOf } from '../limits.ts'
import { accountCaller } from './account-caller.ts'
import * as reference from './profile-reference.ts'

const challenge = optional(text({ most: 4000, description: 'The solution of a challenge that was asked for.' }))
const passwordChange = jsonBody(
  'PasswordChange',
  {
    old_password: optional(text({ most: 4096, description: 'Not needed after a proof just before.' })),
    password: text({ most: 4096, description: 'The new one.' }),
  },
  { old_password: 'three red apples', password: 'four green pears' },
)
const wanted = jsonBody('AddressChange', { email: newEmailAddress(), challenge }, { email: 'ann@example.org' })
const shown = jsonBody(
  'AddressChangeProof',
  { email: emailAddress('The new one.'), code: text({ most: 40 }) },
  { email: 'ann@example.org', code: '123456' },
)

/** The password and the address of the caller. */
export function registerAccountCredentials(app: FastifyInstance, deps: FreshProof & { account: Account }): void {
  const { account, requireFresh } = deps

  const passwordConfig = { limit: 'step-up', reference: reference.changePassword(passwordChange.reference) } as const
  app.post('/api/account/password', { config: passwordConfig }, async (request, reply) => {
    const { old_password: oldPassword, password: newPassword } = passwordChange.read(request)
    const caller = oldPassword === undefined ? await requireFresh(request) : accountCaller(request)
    await account.changePassword(caller, { oldPassword, newPassword, visitor: visitorOf(request) })
    return reply.code(204).send()
  })

  const proofConfig = { limit: 'mail-to-self', reference: reference.requestProof } as const
  app.post('/api/account/email/proof', { config: proofConfig }, async (request, reply) => {
    await account.requestProof(accountCaller(request), { visitor: visitorOf(request) })
    return reply.code(202).send({})
  })

  const changeConfig = { limit: 'mail', reference: reference.requestAddressChange(wanted.reference) } as const
  app.post('/api/account/email', { config: changeConfig }, async (request, reply) => {
    const { email: address, challenge: solution } = wanted.read(request)
    const caller = await requireFresh(request)
    const asked = { address, locale: languageOf(request), visitor: visitorOf(request), solution }
    await account.requestAddressChange(caller, asked)
    return reply.code(202).send({})
  })

  const finishConfig = { limit: 'mail-code', reference: reference.finishAddressChange(shown.reference) } as const
  app.post('/api/account/email/confirm', { config: finishConfig }, async (request, reply) => {
    const caller = accountCaller(request)
    const attempt = { caller, origin: caller.origin, visitor: visitorOf(request) }
    const outcome = await account.finishAddressChange({ ...shown.read(request), ...attempt })
    mustBeDone(outcome)
    return reply.code(204).send()
  })
}
