import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { Deletion } from '../../features/lifecycle/lifecycle.ts'
import type { User } from '../../features/users/users.ts'
import { jsonBody, optional, text } from '../json-body.ts'
import { timeText } from '../time-text.ts'
import { accountCaller } from './account-caller.ts'
import * as reference from './profile-reference.ts'

const personName = text({ least: 0, most: 30 })
const change = jsonBody(
  'ProfileChange',
  {
    first_name: optional(personName),
    last_name: optional(personName),
    locale: optional(text({ most: 35, description: 'Language of mails and pages (BCP 47).' })),
  },
  { first_name: 'Ann', locale: 'ar' },
)

/** Who I am here, and what I am called. */
export function registerAccountProfile(app: FastifyInstance, { account }: { account: Account }): void {
  const shown = async (request: FastifyRequest) => {
    const { user, deletion } = await account.show(accountCaller(request))
    return toBody(user, deletion)
  }

  app.get('/api/account', { config: { reference: reference.showProfile } }, async (request) => shown(request))

  const config = { reference: reference.changeProfile(change.reference) }
  app.patch('/api/account', { config }, async (request) => {
    const { first_name: firstName, last_name: lastName, locale } = change.read(request)
    await account.changeProfile(accountCaller(request), { firstName, lastName, locale })
    return shown(request)
  })
}

function toBody(user: User, deletion: Deletion | undefined) {
  return {
    id: user.id,
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    first_name: user.firstName,
    last_name: user.lastName,
    locale: user.locale,
    created_at: timeText(user.createdAt),
    deletion: deletion ? { at: timeText(deletion.dueAt), requested_at: timeText(deletion.requestedAt) } : null,
  }
}
