/** A durable queue that takes every event, and what a test reads from it. */
import { connect, type GetMessage } from 'amqplib'
import type { CloudEvent } from '../../../contract/events.ts'
import { EVENTS_EXCHANGE } from '../../../contract/events.ts'

export type Received = { event: CloudEvent; messageId: string; routingKey: string; body: string; isPersistent: boolean }

/** Makes the queue before anything is published, as a consumer does when it is deployed. */
export async function declareQueue(url: string, queue: string, pattern = '#'): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  await channel.assertExchange(EVENTS_EXCHANGE, 'topic', { durable: true })
  await channel.assertQueue(queue, { durable: true })
  await channel.bindQueue(queue, EVENTS_EXCHANGE, pattern)
  await connection.close()
}

/** Everything that is in the queue now, in its order. */
export async function drainQueue(url: string, queue: string): Promise<Received[]> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  const received: Received[] = []
  for (;;) {
    const message = await channel.get(queue, { noAck: true })
    if (message === false) break
    received.push(toReceived(message))
  }
  await connection.close()
  return received
}

function toReceived({ content, fields, properties }: GetMessage): Received {
  const body = content.toString()
  return {
    body,
    event: JSON.parse(body),
    messageId: properties.messageId,
    routingKey: fields.routingKey,
    isPersistent: properties.deliveryMode === 2,
  }
}

/** Those that come for the first time, in the order in which they do. */
export function firstOnes(received: readonly Received[]): Received[] {
  const seen = new Set<string>()
  return received.filter(({ messageId }) => !seen.has(messageId) && seen.add(messageId))
}
