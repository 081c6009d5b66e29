/** What the routes of the admin API say about themselves: the parts that they share. */
import type { RefusalCode } from '../../../../contract/problems.ts'
import type { AdminPermission } from '../../features/roles/roles.ts'
import { type Operation, problemAnswer, type RouteReference } from '../route-reference.ts'

const time = { type: 'string', format: 'date-time' } as const

export const userSchema = {
  $id: 'AdminUser',
  type: 'object',
  required: ['id', 'email', 'first_name', 'last_name', 'is_active', 'created_at', 'last_login_at'],
  properties: {
    id: { type: 'integer' },
    email: { type: 'string' },
    first_name: { type: 'string' },
    last_name: { type: 'string' },
    is_active: { type: 'boolean' },
    created_at: time,
    last_login_at: { ...time, type: ['string', 'null'] },
    roles: { type: 'array', items: { type: 'string' } },
  },
} as const

type AdminOperation = Omit<Operation, 'group' | 'bearer'> & {
  permission: AdminPermission
  /** By status, beside those that every route has. */
  refusals?: Readonly<Record<number, readonly RefusalCode[]>>
}

/** The reference of a route of the admin API. */
export function adminOperation({ permission, refusals = {}, answers, ...rest }: AdminOperation): RouteReference {
  const all = {
    401: ['token-missing', 'token-refused'],
    403: ['not-permitted'],
    503: ['database-unavailable'],
  } as const
  const refusalAnswers = Object.entries({ ...all, ...refusals }).map(([status, codes]) => [
    status,
    problemAnswer(sentences[status] ?? 'It is refused.', ...codes),
  ])
  const description = `${rest.description}\n\nNeeds the permission \`${permission}\`.`
  const operation = { ...rest, group: 'Administration', bearer: true, description } as const
  return { kind: 'operation', ...operation, answers: { ...answers, ...Object.fromEntries(refusalAnswers) } }
}

const sentences: Readonly<Record<string, string>> = {
  400: 'The body could not be read; `errors` says where.',
  401: 'There is no access token, or none that is good.',
  403: 'The caller lacks the permission, or acts on somebody who may do more.',
  404: 'There is none.',
  409: 'It exists already, or somebody else changed it at the same time, or it would leave the user nothing to sign in with.',
  415: 'The body is not JSON.',
  422: 'The password policy refuses the password.',
  503: 'The database does not answer at the moment.',
}

export const noContent = (description: string) => ({ 204: { description } })
