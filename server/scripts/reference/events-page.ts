import { eventReasons, eventTypes } from '../../../contract/events.ts'

const introduction = `# Events

Every type of event, from \`contract/events.ts\`. How to be told of them, and what each carries:
[consume events](../how-to/consume-events.md). The type is \`type\` of the CloudEvent and the routing key in RabbitMQ.

| type | what happened |
| --- | --- |`

const reasons = `
## Reasons

What \`data.reason\` may be, where the type alone does not say it. A mail that was refused has \`smtp-\` and the status of the
mail server, such as \`smtp-550\`.

| reason | why |
| --- | --- |`

/** docs/reference/events.md: the closed lists of events and of their reasons. */
export function renderEventsMarkdown(): string {
  return `${[introduction, ...rowsOf(eventTypes), reasons, ...rowsOf(eventReasons)].join('\n')}\n`
}

function rowsOf(list: Readonly<Record<string, string>>): string[] {
  return Object.entries(list).map(([word, sentence]) => `| \`${word}\` | ${sentence} |`)
}
