import type { Audit } from '../features/audit/audit.ts'
import type { Consumer, Events } from '../features/events/events.ts'

export type Relayed = { events: Events; audit: Audit; consumers: readonly Consumer[] }

/** Takes part in relaying events and signing the end of their chain, until `signal` says stop. */
export function relayEvents({ events, audit, consumers }: Relayed, signal: AbortSignal): Promise<void> {
  return events.relay({ consumers, watch: (end) => audit.watch(end) }, signal)
}
