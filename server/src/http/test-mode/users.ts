import type { FastifyInstance } from 'fastify'
import type { SeededUser, TestMode } from '../../features/test-mode/test-mode.ts'
import { emailAddress, flag, jsonBody, listOfTexts, optional, text } from '../json-body.ts'
import { originOf } from '../origin.ts'
import * as reference from './reference.ts'

const seed = jsonBody(
  'SeedUser',
  {
    email: emailAddress(),
    password: text({ most: 4096, description: 'One that the policy accepts.' }),
    first_name: optional(text({ most: 150 })),
    last_name: optional(text({ most: 150 })),
    verified: optional(flag('Whether the address is proved. Default: it is.')),
    totp_secret: optional(
      text({ most: 200, description: 'Of an app for codes, in base 32: the user has a second factor then.' }),
    ),
    roles: optional(listOfTexts({ most: 20, mostCharacters: 40, description: 'Names of roles that there are.' })),
    tokens: optional(flag('Whether the user is signed in, with all factors.')),
  },
  { email: 'ann@example.com', password: 'three red apples', tokens: true },
)

export function registerSeed(app: FastifyInstance, testMode: TestMode): void {
  const config = { limit: 'test-mode', reference: reference.seedUser(seed.reference) } as const
  app.post('/test/users', { config }, async (request, reply) => {
    const given = seed.read(request)
    const seeded = await testMode.seed({
      email: given.email,
      password: given.password,
      firstName: given.first_name ?? '',
      lastName: given.last_name ?? '',
      isVerified: given.verified ?? true,
      totpSecret: given.totp_secret,
      roles: given.roles ?? [],
      withTokens: given.tokens ?? false,
      origin: originOf(request),
    })
    return reply.code(201).send(toBody(seeded))
  })
}

function toBody({ user: { id, email }, recoveryCodes, tokens }: SeededUser) {
  const codes = recoveryCodes.length > 0 ? { recovery_codes: recoveryCodes } : {}
  return { id, email, ...codes, ...tokens }
}
