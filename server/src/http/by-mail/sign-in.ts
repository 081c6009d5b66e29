import type { FastifyInstance } from 'fastify'
import type { SignIn } from '../../features/sign-in/sign-in.ts'
import type { DeviceCookie } from '../device-cookie.ts'
import { emailAddress, jsonBody } from '../json-body.ts'
import { languageOf } from '../language.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { answerSignIn } from '../sign-in-answer.ts'
import { proofFields, proofOf } from './proof.ts'
import { challengeField } from './recovery.ts'
import * as reference from './reference.ts'

const start = jsonBody(
  'CodeSignInStart',
  { email: emailAddress(), challenge: challengeField },
  { email: 'ann@example.com' },
)
const finish = jsonBody(
  'CodeSignIn',
  { ...proofFields, challenge: challengeField },
  { email: 'ann@example.com', code: '123456' },
)

/** Signing in with a code or a link that is sent by mail (`PASSWORDLESS=on`). */
export function registerCodeSignIn(
  app: FastifyInstance,
  { signIn, deviceCookie }: { signIn: SignIn; deviceCookie: DeviceCookie },
): void {
  const startConfig = { limit: 'mail', reference: reference.startCodeSignIn(start.reference) } as const
  app.post('/api/login/code', { config: startConfig }, async (request, reply) => {
    const { email, challenge: solution } = start.read(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request), solution }
    await signIn.startCode({ email, locale: languageOf(request), ...attempt })
    return reply.code(202).send({})
  })

  const config = { limit: 'mail-code', reference: reference.codeSignIn(finish.reference) } as const
  app.post('/api/login/code/finish', { config }, async (request, reply) => {
    const { challenge: solution, ...given } = finish.read(request)
    const mark = deviceCookie.markOf(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request, mark), solution }
    const outcome = await signIn.withCode({ proof: proofOf(given), ...attempt })
    return answerSignIn(outcome, { mark, deviceCookie, reply })
  })
}
