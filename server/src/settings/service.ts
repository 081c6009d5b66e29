/** The process: where it listens, how many there are, what it logs. */
import { cidrList, integer, oneOf, publicUrl, type Setting, text } from './setting.ts'

export const serviceSettings = {
  host: {
    names: ['HOST'],
    read: text(),
    fallback: '0.0.0.0',
    reason: 'Address to listen on. `127.0.0.1` when a proxy on the same machine stands in front.',
  },
  port: {
    names: ['PORT'],
    read: integer(0, 65_535),
    fallback: '8000',
    reason: 'Port to listen on: where the gateway looks for the service. 0 = any free one.',
  },
  publicUrl: {
    names: ['PUBLIC_URL'],
    read: publicUrl,
    reason:
      'Address under which clients reach the service: the issuer (`iss`) of its tokens. Default: http://localhost:PORT.',
  },
  trustProxy: {
    names: ['TRUST_PROXY'],
    read: cidrList,
    fallback: '',
    reason: 'Proxies whose X-Forwarded-* headers are believed, as a list of addresses and CIDR ranges. Empty: nobody.',
  },
  workers: {
    names: ['WORKERS'],
    read: integer(1, 256),
    unit: 'processes',
    reason: 'Processes that answer requests. Default: one with SQLite, one per core with an external database.',
  },
  logLevel: {
    names: ['LOG_LEVEL'],
    read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'info',
    reason: 'At `debug` every verified token and health check is a line too.',
  },
  drainSeconds: {
    names: ['DRAIN_SECONDS'],
    read: integer(0, 600),
    fallback: '25',
    unit: 'seconds',
    reason: 'How long requests may take to end after SIGTERM; below the 30 s that container platforms wait.',
  },
} as const satisfies Record<string, Setting<unknown>>
