/** Signing in with a passkey: alone, without a name, or as the second factor of a login that is half done. */
import type { FastifyInstance } from 'fastify'
import type { SignIn } from '../features/sign-in/sign-in.ts'
import type { DeviceCookie } from './device-cookie.ts'
import { jsonBody, jsonObject, optional, text } from './json-body.ts'
import { visitorOf } from './limits.ts'
import { originOf } from './origin.ts'
import * as reference from './passkey-sign-in-reference.ts'
import { answerSignIn } from './sign-in-answer.ts'

const credential = jsonObject('`PublicKeyCredential.toJSON()` of what `navigator.credentials.get()` gave.')
const signInBody = jsonBody(
  'PasskeySignIn',
  {
    credential,
    challenge: optional(text({ most: 4000, description: 'The solution of a challenge that was asked for.' })),
  },
  { credential: { id: '…', rawId: '…', type: 'public-key', response: {}, clientExtensionResults: {} } },
)
const halfBody = jsonBody(
  'HalfSignIn',
  { mfa_token: text({ description: 'What the first half of the login answered with.' }) },
  { mfa_token: 'Pq8rK2…' },
)

export function registerPasskeySignIn(
  app: FastifyInstance,
  { signIn, deviceCookie }: { signIn: SignIn; deviceCookie: DeviceCookie },
): void {
  const startConfig = { limit: 'ceremony', reference: reference.startPasskeySignIn } as const
  app.post('/api/login/passkey/options', { config: startConfig }, () => signIn.startPasskey())

  const config = { limit: 'passkey', reference: reference.passkeySignIn(signInBody.reference) } as const
  app.post('/api/login/passkey', { config }, async (request, reply) => {
    const { credential: response, challenge: solution } = signInBody.read(request)
    const mark = deviceCookie.markOf(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request, mark), solution }
    return answerSignIn(await signIn.withPasskey({ response, ...attempt }), { mark, deviceCookie, reply })
  })

  const halfConfig = { limit: 'ceremony', reference: reference.startPasskeyFactor(halfBody.reference) } as const
  app.post('/api/login/mfa/passkey', { config: halfConfig }, (request) =>
    signIn.startPasskeyFactor(halfBody.read(request).mfa_token),
  )
}
