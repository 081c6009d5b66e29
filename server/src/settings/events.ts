/** Events: who is told, and how they are kept. */
import { amqpAddress } from './amqp-address.ts'
import { integer, oneOf, type Setting } from './setting.ts'

export const eventSettings = {
  amqpUrl: {
    names: ['AMQP_URL'],
    read: amqpAddress,
    secret: true,
    reason:
      'RabbitMQ that events are published to (docs/how-to/consume-events.md): `amqp://user:password@host:5672/vhost`, `amqps://` for TLS. Without it none is told; events are kept all the same.',
  },
  eventsPersonal: {
    names: ['EVENTS_PERSONAL'],
    read: oneOf('off', 'on'),
    fallback: 'off',
    reason:
      'Whether RabbitMQ and webhooks are told addresses, user agents and other personal fields. What was told cannot be erased there. Whoever makes or changes a webhook then needs the permission `audit:read` too.',
  },
  webhooksPrivate: {
    names: ['WEBHOOKS_PRIVATE'],
    read: oneOf('off', 'on'),
    fallback: 'off',
    reason:
      'Whether webhooks may go to private addresses and over plain http: only where everybody who may define one may also reach everything beside this service.',
  },
  eventsLeaseSeconds: {
    names: ['EVENTS_LEASE_SECONDS'],
    read: integer(2, 300),
    fallback: '10',
    unit: 'seconds',
    reason:
      'One process relays the events. When it dies, another one begins after so long; its clock may be off by a third.',
  },
  checkpointMinutes: {
    names: ['EVENTS_CHECKPOINT_MINUTES'],
    read: integer(1, 1440),
    fallback: '10',
    unit: 'minutes',
    reason: 'After so long, or after 1,000 events, the end of the chain of events is signed (docs/runbooks/audit.md).',
  },
  eventsRetentionDays: {
    names: ['EVENTS_RETENTION_DAYS'],
    read: integer(0, 36_500),
    fallback: '0',
    unit: 'days',
    reason:
      'How long events are kept; 0 is for ever, since what is removed does not come back. Older ones go once everybody has been told of them, up to a checkpoint, with a signed statement (docs/runbooks/audit.md).',
  },
} as const satisfies Record<string, Setting<unknown>>
