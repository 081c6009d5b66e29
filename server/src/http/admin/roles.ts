import type { FastifyInstance } from 'fastify'
import { jsonBody, listOfTexts } from '../json-body.ts'
import type { AdminDeps } from './deps.ts'
import { doerOf, userIdOf } from './doer.ts'
import { adminOperation, noContent } from './reference.ts'

type ByName = { Params: { name: string } }
type Grant = { Params: { id: string; role: string } }

export function registerAdminRoles(app: FastifyInstance, { lifecycle, roles }: AdminDeps): void {
  app.get('/api/admin/roles', { config: { permission: 'users:read', reference: listReference } }, async () => ({
    roles: (await roles.list()).map(({ name, permissions, isBuiltIn }) => ({
      name,
      permissions,
      is_built_in: isBuiltIn,
    })),
  }))

  app.put<ByName>(
    '/api/admin/roles/:name',
    { config: { permission: 'roles:write', reference: defineReference } },
    async (request, reply) => {
      await lifecycle.defineRole({ name: request.params.name, ...roleBody.read(request) }, doerOf(request))
      return reply.code(204).send()
    },
  )

  app.delete<ByName>(
    '/api/admin/roles/:name',
    { config: { permission: 'roles:write', reference: removeReference } },
    async (request, reply) => {
      await lifecycle.removeRole(request.params.name, doerOf(request))
      return reply.code(204).send()
    },
  )

  for (const [method, isGranted, reference] of grants) {
    app.route<Grant>({
      method,
      url: '/api/admin/users/:id/roles/:role',
      config: { permission: 'roles:write', reference },
      handler: async (request, reply) => {
        const { role } = request.params
        await lifecycle.changeRole({ userId: userIdOf(request), role, isGranted }, doerOf(request))
        return reply.code(204).send()
      },
    })
  }
}

const roleBody = jsonBody(
  'RolePermissions',
  { permissions: listOfTexts({ most: 100, mostCharacters: 152 }) },
  { permissions: ['orders:read'] },
)

const listReference = adminOperation({
  id: 'adminListRoles',
  permission: 'users:read',
  isLook: true,
  summary: 'The roles that there are',
  description: 'Those that come with the service first. `*` is every permission.',
  answers: {
    200: {
      description: 'The roles.',
      schema: {
        type: 'object',
        required: ['roles'],
        properties: {
          roles: {
            type: 'array',
            items: {
              $id: 'Role',
              type: 'object',
              required: ['name', 'permissions', 'is_built_in'],
              properties: {
                name: { type: 'string' },
                permissions: { type: 'array', items: { type: 'string' } },
                is_built_in: { type: 'boolean' },
              },
            },
          },
        },
      },
    },
  },
})

const defineReference = adminOperation({
  id: 'adminDefineRole',
  permission: 'roles:write',
  summary: 'Make or change a role',
  description:
    'Permissions are words such as `orders:read`. Nobody puts into a role what they do not hold, nor takes it out of one; a role without permissions is for whoever may do everything. Refused where somebody has the role who may do more, and to whoever has it themselves and would lose something.',
  body: roleBody.reference,
  answers: noContent('The role holds these permissions now.'),
  refusals: { 400: ['malformed-request'], 409: ['conflict'] },
})

const removeReference = adminOperation({
  id: 'adminRemoveRole',
  permission: 'roles:write',
  summary: 'Remove a role',
  description:
    'Also from everybody who has it: refused where it could not be taken from one of them. Roles that come with the service stay.',
  answers: noContent('It is gone.'),
  refusals: { 404: ['not-found'] },
})

const changed = (id: string, summary: string, description: string) =>
  adminOperation({
    id,
    permission: 'roles:write',
    summary,
    description,
    answers: noContent('It is so now.'),
    refusals: { 404: ['user-unknown', 'not-found'], 409: ['conflict'] },
  })

const grants = [
  [
    'PUT',
    true,
    changed(
      'adminGrantRole',
      'Give a role',
      'Only by somebody who holds all that is in it; everything, where nothing is.',
    ),
  ],
  [
    'DELETE',
    false,
    changed('adminRevokeRole', 'Take a role', 'It is gone from the next request on. Nobody takes one from themselves.'),
  ],
] as const
