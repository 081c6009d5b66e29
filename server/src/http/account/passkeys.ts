import type { FastifyInstance } from 'fastify'
import type { PasskeyView } from '../../features/passkeys/passkeys.ts'
import { refused } from '../../platform/refusal.ts'
import { callerOf } from '../caller.ts'
import { jsonBody, jsonObject, optional, text } from '../json-body.ts'
import { recordId } from '../record-id.ts'
import { timeText } from '../time-text.ts'
import * as reference from './passkeys-reference.ts'
import type { FactorRoutesDeps } from './totp.ts'

const DEFAULT_NAME = 'Passkey'

const name = text({ most: 100, description: 'What its owner calls it.' })
const made = jsonBody(
  'NewPasskey',
  { response: jsonObject('`PublicKeyCredential.toJSON()` of what the browser made.'), name: optional(name) },
  {
    name: 'My laptop',
    response: { id: '…', rawId: '…', type: 'public-key', response: {}, clientExtensionResults: {} },
  },
)
const renaming = jsonBody('PasskeyRenaming', { name }, { name: 'My laptop' })

type OfOne = { Params: { id: string } }

/** Passkeys: list, enrol, rename, remove. Somebody else's is not there, whatever its id (GHSA-4vcf-q4xf-f48m). */
export function registerAccountPasskeys(app: FastifyInstance, deps: FactorRoutesDeps): void {
  const { factors, requireFresh, requireBegunFresh } = deps

  app.get('/api/account/passkeys', { config: { reference: reference.listPasskeys } }, async (request) => {
    const { userId } = callerOf(request)
    const [listed, signals] = await Promise.all([factors.listPasskeys(userId), factors.signals(userId)])
    return { passkeys: listed.map(passkeyBody), signals }
  })

  const startConfig = { config: { reference: reference.startPasskey } }
  app.post('/api/account/passkeys/enrolment', startConfig, async (request, reply) =>
    reply.code(201).send(await factors.startPasskey(await requireFresh(request))),
  )

  const addConfig = { config: { reference: reference.addPasskey(made.reference) } }
  app.post('/api/account/passkeys', addConfig, async (request, reply) => {
    const caller = await requireBegunFresh(request)
    const { response, name: given = DEFAULT_NAME } = made.read(request)
    return reply.code(201).send(passkeyBody(await factors.addPasskey(caller, { response, name: given })))
  })

  const renameConfig = { config: { reference: reference.renamePasskey(renaming.reference) } }
  app.patch<OfOne>('/api/account/passkeys/:id', renameConfig, async (request, reply) => {
    const { userId } = callerOf(request)
    const { name: chosen } = renaming.read(request)
    if (!(await factors.renamePasskey(userId, recordId(request.params.id), chosen))) throw refused('not-found')
    return reply.code(204).send()
  })

  const removeConfig = { config: { reference: reference.removePasskey } }
  app.delete<OfOne>('/api/account/passkeys/:id', removeConfig, async (request, reply) => {
    await factors.removePasskey(await requireFresh(request), recordId(request.params.id))
    return reply.code(204).send()
  })
}

export function passkeyBody(passkey: PasskeyView) {
  return {
    id: passkey.id,
    name: passkey.name,
    credential_id: passkey.credentialId,
    rp_id: passkey.rpId,
    aaguid: passkey.aaguid,
    transports: passkey.transports,
    is_backup_eligible: passkey.isBackupEligible,
    is_backed_up: passkey.isBackedUp,
    created_at: timeText(passkey.createdAt),
    last_used_at: timeText(passkey.lastUsedAt),
  }
}
