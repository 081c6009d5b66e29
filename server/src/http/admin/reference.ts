/** What the routes of the admin API say about themselves: the parts that they share. */
import type { RefusalCode } from '../../../../contract/problems.ts'
import type { AdminPermission } from '../../features/roles/roles.ts'
import { changeRefusals, lookRefusals } from '../account/factor-refusals.ts'
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
    deletion_at: { ...time, type: ['string', 'null'], description: 'When the account is erased, as its user asked.' },
  },
} as const

type AdminOperation = Omit<Operation, 'group' | 'bearer'> & {
  permission: AdminPermission
  /** A GET: it changes nothing, and asks for no proof just before. */
  isLook?: true
  /** By status, beside those that every route has. */
  refusals?: Readonly<Record<number, readonly RefusalCode[]>>
}

/** The reference of a route of the admin API. */
export function adminOperation(given: AdminOperation): RouteReference {
  const { permission, isLook = false, refusals = {}, answers, ...rest } = given
  const refusalAnswers = Object.entries({ 403: ['not-permitted'] as const, ...refusals }).map(([status, codes]) => [
    status,
    problemAnswer(sentences[status] ?? 'It is refused.', ...codes),
  ])
  const needs = `Needs the permission \`${permission}\`${isLook ? '.' : ', and a proof just before (RFC 9470).'}`
  const description = `${rest.description}\n\n${needs}`
  const operation = { ...rest, group: 'Administration', bearer: true, description } as const
  const everywhere = isLook ? lookRefusals : changeRefusals
  return {
    kind: 'operation',
    ...operation,
    answers: { ...answers, ...everywhere, ...Object.fromEntries(refusalAnswers) },
  }
}

const sentences: Readonly<Record<string, string>> = {
  400: 'The request is not as it must be; `errors` says where.',
  403: 'The caller lacks the permission, or acts on somebody who may do more, or does to themselves what only another may do.',
  404: 'There is none.',
  409: 'It exists already, or somebody else changed it at the same time, or it would leave the user nothing to sign in with.',
  415: 'The body is not JSON.',
  422: 'The password policy refuses the password.',
}

export const noContent = (description: string) => ({ 204: { description } })
