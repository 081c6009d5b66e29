/** An address of RabbitMQ. @throws TypeError */
export function amqpAddress(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url && /^amqps?:$/.test(url.protocol) && url.hostname && !url.hash) return value
  throw new TypeError('must be an address such as amqp://user:password@host:5672/vhost')
}
