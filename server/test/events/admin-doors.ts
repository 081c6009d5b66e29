/** Doors of operators. */

import { enrolApp, remove } from '../account/factors.ts'
import { makeWebhook } from '../admin/admin-routes.ts'
import { claimsOf, PASSWORD, type Person } from '../scenario.ts'
import type { TestServer } from '../start-server.ts'
import { byRoot, type Door, joinAnn, joinRoot, newName } from './doors.ts'

const users = '/api/admin/users'
const webhooks = '/api/admin/webhooks'
const webhook = { url: 'https://example.com/events', types: ['user.disabled'] }

/** An operator who acts on Ann. */
function onAnn(
  method: string,
  path: string,
  body?: object,
  change?: (s: TestServer, ann: Person) => Promise<unknown>,
): Door[1] {
  return async (s) => {
    const [root, ann] = [await joinRoot(s), await joinAnn(s)]
    await change?.(s, ann)
    const full = `${users}/${ann.id}${path}`.replace(':sid', claimsOf(ann.access).sid)
    return byRoot(root, method, full, { ann, ...(body && { body }) })
  }
}

/** An operator who acts on a webhook that is there. */
function onWebhook(method: string, path = '', body?: object): Door[1] {
  return async (s) => {
    const root = await joinRoot(s)
    const { id } = (await root.ask('POST', webhooks, webhook)).json as { id: string }
    return byRoot(root, method, `${webhooks}/${id}${path}`, body && { body })
  }
}

/** A role that Ann has. */
async function withRole(s: TestServer) {
  const [root, ann, role] = [await joinRoot(s), await joinAnn(s), newName()]
  await root.ask('PUT', `/api/admin/roles/${role}`, { permissions: ['orders:read'] })
  await root.ask('PUT', `${users}/${ann.id}/roles/${role}`)
  return { root, ann, role }
}

export const adminDoors: readonly Door[] = [
  [
    'POST /api/admin/keys/rotate',
    async (s) => byRoot(await joinRoot(s), 'POST', '/api/admin/keys/rotate', { body: {} }),
    ['key.rotated by root'],
  ],
  [
    'POST /api/admin/keys/:id/retire',
    async (s) => {
      const root = await joinRoot(s)
      const current = s.service.keys.list().find(({ state }) => state === 'current')
      return byRoot(root, 'POST', `/api/admin/keys/${current?.id}/retire`, { body: { reason: 'compromised' } })
    },
    ['key.compromised by root', 'key.rotated by system'],
  ],
  [
    'PUT /api/admin/roles/:name',
    async (s) =>
      byRoot(await joinRoot(s), 'PUT', `/api/admin/roles/${newName()}`, { body: { permissions: ['orders:read'] } }),
    ['role.defined by root'],
  ],
  [
    'DELETE /api/admin/roles/:name',
    async (s) => {
      const { root, ann, role } = await withRole(s)
      return byRoot(root, 'DELETE', `/api/admin/roles/${role}`, { ann })
    },
    ['role.revoked by root on ann', 'role.removed by root'],
  ],
  [
    'POST /api/admin/users',
    async (s) =>
      byRoot(await joinRoot(s), 'POST', users, { body: { email: `${newName()}@example.com`, password: PASSWORD } }),
    ['user.registered by root on somebody'],
  ],
  [
    'DELETE /api/admin/users/:id',
    onAnn('DELETE', ''),
    ['session.ended by root on ann in this session: user-erased', 'user.erased by root on ann'],
  ],
  [
    'POST /api/admin/users/:id/deletion/undo',
    onAnn('POST', '/deletion/undo', undefined, (s, ann) => remove(s, '/api/account', ann)),
    ['deletion.undone by root on ann: by-operator'],
  ],
  [
    'POST /api/admin/users/:id/disable',
    onAnn('POST', '/disable'),
    ['user.disabled by root on ann', 'session.ended by root on ann in this session: user-disabled'],
  ],
  [
    'POST /api/admin/users/:id/enable',
    onAnn('POST', '/enable', undefined, (s, { id }) => s.service.lifecycle.disable(id)),
    ['user.enabled by root on ann'],
  ],
  [
    'POST /api/admin/users/:id/reset-factors',
    onAnn('POST', '/reset-factors', { reason: 'Lost the phone' }, enrolApp),
    [
      'session.ended by root on ann in this session: factors-reset',
      'factor.removed by root on ann',
      'factors.reset by root on ann',
    ],
  ],
  ['PUT /api/admin/users/:id/roles/:role', onAnn('PUT', '/roles/support'), ['role.granted by root on ann']],
  [
    'DELETE /api/admin/users/:id/roles/:role',
    async (s) => {
      const { root, ann, role } = await withRole(s)
      return byRoot(root, 'DELETE', `${users}/${ann.id}/roles/${role}`, { ann })
    },
    ['role.revoked by root on ann'],
  ],
  [
    'DELETE /api/admin/users/:id/sessions',
    onAnn('DELETE', '/sessions'),
    ['session.ended by root on ann in this session: all-ended-by-operator', 'user.signed-out by root on ann'],
  ],
  [
    'DELETE /api/admin/users/:id/sessions/:sid',
    onAnn('DELETE', '/sessions/:sid'),
    ['session.ended by root on ann in this session: ended-by-operator'],
  ],
  [
    'POST /api/admin/webhooks',
    async (s) => byRoot(await joinRoot(s), 'POST', webhooks, { body: webhook }),
    ['webhook.created by root'],
  ],
  ['PATCH /api/admin/webhooks/:id', onWebhook('PATCH', '', { is_active: false }), ['webhook.changed by root']],
  ['DELETE /api/admin/webhooks/:id', onWebhook('DELETE'), ['webhook.removed by root']],
  ['POST /api/admin/webhooks/:id/rotate-secret', onWebhook('POST', '/rotate-secret'), ['webhook.changed by root']],
  [
    'POST /api/admin/webhooks/:id/deliveries/:event/redeliver',
    async (s) => {
      const root = await joinRoot(s)
      const { id, event } = await makeWebhook(s, root)
      return byRoot(root, 'POST', `${webhooks}/${id}/deliveries/${event}/redeliver`)
    },
    ['webhook.redelivered by root'],
  ],
]
