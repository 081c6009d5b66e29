import { CLOUD_EVENT_TYPE, EVENTS_EXCHANGE } from '../../../../contract/events.ts'
import { type BusPublisher, openPublisher } from '../../platform/amqp.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Consumer, Told } from './consumer.ts'
import { publishInOrder } from './publish-in-order.ts'

/**
 * RabbitMQ as a consumer: events go to a durable topic exchange, their type is the routing key. One that no queue takes counts
 * as told: nobody asked for it, and it stays in the table.
 */
export function createRabbitmqConsumer({ url, logger }: { url: string; logger: Logger }): Consumer {
  let publisher: BusPublisher | undefined
  const unroutable = new Set<string>()

  async function open(): Promise<BusPublisher> {
    if (publisher?.isOpen()) return publisher
    publisher = undefined
    publisher = await openPublisher({ url, exchange: EVENTS_EXCHANGE, onUnroutable, onBlocked })
    logger.info({ exchange: EVENTS_EXCHANGE }, 'connected to RabbitMQ')
    return publisher
  }

  function onUnroutable(type: string): void {
    if (unroutable.has(type)) return // said once a process
    unroutable.add(type)
    logger.warn({ type }, 'no queue takes events of this type')
  }

  function onBlocked(reason: string): void {
    logger.warn({ reason }, 'RabbitMQ takes nothing for now; events wait')
  }

  async function rest(): Promise<void> {
    const closing = publisher
    publisher = undefined
    await closing?.close()
  }

  return {
    name: 'rabbitmq',
    async take(events, until) {
      const bus = await open()
      const { taken, failure } = await publishInOrder(events, (told) => bus.publish(toMessage(told)), until)
      if (failure !== undefined) await rest() // what is unconfirmed comes again, over a connection that knows nothing of it
      if (failure !== undefined && taken === 0) throw failure
      return taken
    },
    rest,
  }
}

function toMessage({ event }: Told) {
  return {
    routingKey: event.type,
    messageId: event.id,
    type: event.type,
    contentType: CLOUD_EVENT_TYPE,
    at: Date.parse(event.time),
    body: JSON.stringify(event),
  }
}
