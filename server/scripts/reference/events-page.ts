import { eventTypes } from '../../../contract/events.ts'

const introduction = `# Events

Every type of event, from \`contract/events.ts\`. How to be told of them, and what each carries:
[consume events](../how-to/consume-events.md). The type is \`type\` of the CloudEvent and the routing key in RabbitMQ.

| type | what happened |
| --- | --- |`

/** docs/reference/events.md: the closed list of events. */
export function renderEventsMarkdown(): string {
  const rows = Object.entries(eventTypes).map(([type, sentence]) => `| \`${type}\` | ${sentence} |`)
  return `${[introduction, ...rows].join('\n')}\n`
}
