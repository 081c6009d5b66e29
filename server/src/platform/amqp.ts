/** RabbitMQ: one connection with one channel on which every message is confirmed. */
import { setTimeout as wait } from 'node:timers/promises'
import type { ChannelModel } from 'amqplib'

export type BusMessage = {
  routingKey: string
  /** Duplicates have the same. */
  messageId: string
  type: string
  contentType: string
  /** Milliseconds since the epoch. */
  at: number
  body: string
}

export type BusPublisher = {
  /**
   * Resolves when the broker has the message for good: on disk, in every durable queue that takes it.
   *
   * @throws Error when it refused the message, or the connection broke: then it may have it or not
   */
  publish(message: BusMessage): Promise<void>
  isOpen(): boolean
  close(): Promise<void>
}

export type BusOptions = {
  url: string
  exchange: string
  /** No queue takes messages with this routing key. The broker confirms them all the same. */
  onUnroutable(routingKey: string): void
  /** The broker takes nothing more for now, and says why: memory or disk. */
  onBlocked(reason: string): void
}

const CONNECT_MS = 10_000
const CLOSE_MS = 2_000
const HEARTBEAT_SECONDS = 15 // a broker that vanished without a word is noticed after two of them

/** Connects, and declares the durable topic exchange. */
export async function openPublisher({ url, exchange, onUnroutable, onBlocked }: BusOptions): Promise<BusPublisher> {
  const { connect } = await import('amqplib') // only loaded when it is used: memory and start time
  const connection = await connect(withHeartbeat(url), { timeout: CONNECT_MS })
  const unconfirmed = new Set<(error: Error) => void>()
  let isOpen = true
  const breakOff = (cause?: unknown) => {
    isOpen = false
    for (const fail of unconfirmed) fail(new Error('the connection to RabbitMQ is broken', { cause }))
    unconfirmed.clear()
  }
  connection.on('error', breakOff)
  connection.on('close', breakOff)
  connection.on('blocked', onBlocked)
  try {
    const channel = await connection.createConfirmChannel()
    channel.on('error', breakOff)
    channel.on('close', () => breakOff())
    channel.on('return', (message) => onUnroutable(message.fields.routingKey))
    await channel.assertExchange(exchange, 'topic', { durable: true })
    return {
      isOpen: () => isOpen,
      close: () => closeInTime(connection),
      publish: ({ routingKey, body, at, ...properties }) =>
        new Promise<void>((resolve, reject) => {
          const options = { ...properties, timestamp: Math.floor(at / 1000), persistent: true, mandatory: true }
          unconfirmed.add(reject)
          channel.publish(exchange, routingKey, Buffer.from(body), options, (error) => {
            unconfirmed.delete(reject)
            if (error) reject(new Error('RabbitMQ did not take an event', { cause: error }))
            else resolve()
          })
        }),
    }
  } catch (error) {
    await closeInTime(connection)
    throw error
  }
}

/** A broker that answers nothing more does not keep us. */
async function closeInTime(connection: ChannelModel): Promise<void> {
  const closed = connection.close().catch(() => {}) // it is broken already
  await Promise.race([closed, wait(CLOSE_MS, undefined, { ref: false })])
}

function withHeartbeat(text: string): string {
  const url = new URL(text)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return url.href
}
