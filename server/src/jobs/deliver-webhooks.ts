import type { Webhooks } from '../features/webhooks/webhooks.ts'

/** Sends what is due to webhooks, until `signal` says stop. */
export function deliverWebhooks({ webhooks }: { webhooks: Webhooks }, signal: AbortSignal): Promise<void> {
  return webhooks.deliver(signal)
}
