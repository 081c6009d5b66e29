import type { FastifyInstance } from 'fastify'
import type { User } from '../../features/users/users.ts'
import { refused } from '../../platform/refusal.ts'
import { jsonBody, optional, text } from '../json-body.ts'
import { timeText } from '../time-text.ts'
import type { AdminDeps } from './deps.ts'
import { doerOf, userIdOf } from './doer.ts'
import { adminOperation, noContent, userSchema } from './reference.ts'

type ById = { Params: { id: string } }

const MOST_USERS = 100

export function registerAdminUsers(app: FastifyInstance, { lifecycle, roles, users }: AdminDeps): void {
  const shown = async (user: User) => {
    const deletion = await lifecycle.findDeletion(user.id)
    return { ...toBody(user), roles: await roles.rolesOf(user.id), deletion_at: timeText(deletion?.dueAt ?? null) }
  }
  const found = async (id: number) => {
    const user = await users.find(id)
    if (!user) throw refused('user-unknown')
    return user
  }

  app.get<{ Querystring: { email?: unknown; after?: unknown } }>(
    '/api/admin/users',
    { config: { permission: 'users:read', reference: listReference } },
    async ({ query }) => {
      const listed = await users.search({
        emailPrefix: wordOf('email', query.email),
        after: idOf(query.after),
        most: MOST_USERS,
      })
      return { users: listed.map(toBody), next: listed.length === MOST_USERS ? (listed.at(-1)?.id ?? null) : null }
    },
  )

  app.post(
    '/api/admin/users',
    { config: { permission: 'users:write', reference: createReference } },
    async (request, reply) => {
      const { email, password, first_name: firstName = '', last_name: lastName = '' } = newUser.read(request)
      const user = await lifecycle.create({ email, password, firstName, lastName, roles: [] }, doerOf(request))
      return reply.code(201).send(await shown(user))
    },
  )

  app.get<ById>(
    '/api/admin/users/:id',
    { config: { permission: 'users:read', reference: showReference } },
    async (request) => shown(await found(userIdOf(request))),
  )

  app.post<ById>(
    '/api/admin/users/:id/disable',
    { config: { permission: 'users:write', reference: disableReference } },
    async (request) => {
      const id = userIdOf(request)
      await found(id)
      await lifecycle.disable(id, doerOf(request))
      return shown(await found(id))
    },
  )

  app.post<ById>(
    '/api/admin/users/:id/enable',
    { config: { permission: 'users:write', reference: enableReference } },
    async (request) => {
      const id = userIdOf(request)
      await found(id)
      await lifecycle.enable(id, doerOf(request))
      return shown(await found(id))
    },
  )

  app.post<ById>(
    '/api/admin/users/:id/deletion/undo',
    { config: { permission: 'users:write', reference: keepReference } },
    async (request) => {
      const id = userIdOf(request)
      await found(id)
      await lifecycle.undoDeletionOf(id, doerOf(request))
      return shown(await found(id))
    },
  )

  app.delete<ById>(
    '/api/admin/users/:id',
    { config: { permission: 'users:write', reference: eraseReference } },
    async (request, reply) => {
      if (!(await lifecycle.erase(userIdOf(request), doerOf(request)))) throw refused('user-unknown')
      return reply.code(204).send()
    },
  )
}

function toBody(user: User) {
  return {
    id: user.id,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    is_active: user.isEnabled,
    created_at: timeText(user.createdAt),
    last_login_at: timeText(user.lastLoginAt),
  }
}

/** A filter that cannot be read is refused: without it, everything would look like the answer. @throws Refusal 'malformed-request' */
function wordOf(name: string, value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string' && !value.includes('\0')) return value // PostgreSQL fails at NUL
  throw refused('malformed-request', { errors: [{ pointer: `/${name}`, detail: 'must be one text without NUL' }] })
}

const idOf = (value: unknown) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 0)

const newUser = jsonBody(
  'NewUser',
  {
    email: text({ most: 254 }),
    password: text({ most: 1024 }),
    first_name: optional(text({ least: 0, most: 150 })),
    last_name: optional(text({ least: 0, most: 150 })),
  },
  { email: 'ann@example.com', password: 'three red apples' },
)

const one = { 200: { description: 'The user.', schema: userSchema } }

const listReference = adminOperation({
  id: 'adminListUsers',
  permission: 'users:read',
  isLook: true,
  summary: 'Find users',
  description: 'By id, at most 100 at a time; `next` is the `after` of the following page, or null.',
  query: { email: 'What their address begins with, without regard to case.', after: 'Only ids above this one.' },
  answers: {
    200: {
      description: 'The users, without their roles.',
      schema: {
        type: 'object',
        required: ['users', 'next'],
        properties: { users: { type: 'array', items: userSchema }, next: { type: ['integer', 'null'] } },
      },
    },
  },
})

const createReference = adminOperation({
  id: 'adminCreateUser',
  permission: 'users:write',
  summary: 'Make a user',
  description: 'Also where nobody may register. Roles are given afterwards.',
  body: newUser.reference,
  answers: { 201: { description: 'The user was made.', schema: userSchema } },
  refusals: { 400: ['malformed-request'], 409: ['identifier-taken'], 422: ['password-refused'] },
})

const showReference = adminOperation({
  id: 'adminShowUser',
  permission: 'users:read',
  isLook: true,
  summary: 'Show a user',
  description: 'With the names of the roles.',
  answers: one,
  refusals: { 404: ['user-unknown'] },
})

const changeOne = (id: string, summary: string, description: string) =>
  adminOperation({
    id,
    permission: 'users:write',
    summary,
    description,
    answers: one,
    refusals: { 404: ['user-unknown'] },
  })

const disableReference = changeOne(
  'adminDisableUser',
  'Disable a user',
  'Ends every session at once. Not possible for whoever may do more than the caller, nor for the caller.',
)
const enableReference = changeOne('adminEnableUser', 'Enable a user', 'The user may sign in again.')
const keepReference = changeOne(
  'adminUndoDeletion',
  'Take back the deletion of an account',
  'The account stays that its user asked to be deleted; the user is told by mail. Changes nothing where none waits.',
)
const eraseReference = adminOperation({
  id: 'adminEraseUser',
  permission: 'users:write',
  summary: 'Erase a user',
  description:
    'Removes the user with all credentials, sessions and roles. It cannot be undone. Not possible for whoever may do more than the caller, nor for the caller, who leaves by `DELETE /api/account`.',
  answers: noContent('The user is erased.'),
  refusals: { 404: ['user-unknown'] },
})
