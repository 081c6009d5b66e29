import { type Html, html, sentence } from './html.ts'
import type { OpenApi, OpenApiOperation, OpenApiResponse, OpenApiSchema } from './openapi.ts'
import { isReference, linkSchema, nameOf, renderFields, spaced } from './schemas.ts'

const EXAMPLE_SERVER = 'http://localhost:8000'
const FIRST_REFUSAL_STATUS = 400
const LINE_CHARACTERS = 84

export type Endpoint = { method: string; path: string; operation: OpenApiOperation }

export function renderEndpoint(endpoint: Endpoint, components: OpenApi['components']): Html {
  const { method, path, operation } = endpoint
  const { operationId: id, summary, description, parameters = [], responses, 'x-aliases': aliases = [] } = operation
  const body = bodyOf(operation)
  return html`<article id="${id}">
<h3><a href="#${id}"><span class="method">${method}</span> <code>${path}</code></a></h3>
<p><strong>${summary}.</strong> ${sentence(description)}</p>
${aliases.length > 0 && html`<p class="soft">Also under ${sentence(aliases.map((alias) => `\`${alias}\``).join(', '))}</p>`}
<h4>Request</h4>
<pre tabindex="0"><code>${curlOf(endpoint)}</code></pre>
${parameters.map(({ name, description: text }) => html`<p>Query: <code>${name}</code>. ${sentence(text)}</p>\n`)}
${body && renderFields(resolve(body.schema, components))}
<h4>Answers</h4>
${renderResponses(responses)}</article>
`
}

/** The body in its first media type: they all say the same. */
function bodyOf({ requestBody }: OpenApiOperation) {
  return Object.values(requestBody?.content ?? {})[0]
}

function curlOf({ method, path, operation }: Endpoint): string {
  const body = bodyOf(operation)
  const isStream = Object.values(operation.responses).some(
    (response) => !isReference(response) && response.content?.['text/event-stream'],
  )
  const options = [
    method !== 'GET' && `-X ${method}`,
    isStream && '-N',
    `${EXAMPLE_SERVER}${path}`,
    operation.security && "\\\n  -H 'Authorization: Bearer eyJhbGciOiJFUzI1NiIs…'",
    body && `\\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body.example)}'`,
  ]
  return `curl ${options.filter(Boolean).join(' ')}`
}

function resolve(schema: OpenApiSchema, { schemas }: OpenApi['components']): OpenApiSchema {
  return isReference(schema) ? (schemas[nameOf(schema)] ?? {}) : schema
}

/** Those of this endpoint in full; those that it shares with others as links. */
function renderResponses(responses: OpenApiOperation['responses']): Html {
  const own: Html[] = []
  const shared: Html[] = []
  for (const [status, response] of Object.entries(responses)) {
    if (isReference(response)) shared.push(renderShared(status, nameOf(response)))
    else own.push(renderOwn(status, response))
  }
  return html`${own.length > 0 && html`<dl>\n${own}</dl>\n`}${
    shared.length > 0 &&
    html`<ul class="shared">
${shared}</ul>
`
  }`
}

function renderOwn(status: string, response: OpenApiResponse): Html {
  return html`<dt>${mark(status)}${sentence(response.description)}</dt>
<dd>
${renderResponseDetails(response)}</dd>
`
}

function renderShared(status: string, name: string): Html {
  return html`<li>${mark(status)}<a href="#answer-${name}">${spaced(name)}</a></li>\n`
}

function mark(status: string): Html {
  return html`<span class="status ${Number(status) < FIRST_REFUSAL_STATUS ? 'good' : 'bad'}">${status}</span>`
}

/** Body, examples, headers and codes of an answer. */
export function renderResponseDetails(response: OpenApiResponse): Html {
  const { headers = {}, content = {}, 'x-refusals': refusals = [] } = response
  const links = refusals.map((code) => html` <a href="/docs/problems#${code}">${code}</a>`)
  return html`${Object.entries(content).map(renderContent)}${Object.entries(headers).map(
    ([name, { description }]) => html`<p class="soft"><code>${name}</code>: ${sentence(description)}</p>\n`,
  )}${links.length > 0 && html`<p class="soft">In the log as:${links}</p>\n`}`
}

type Content = NonNullable<OpenApiResponse['content']>

function renderContent([mediaType, { schema, examples = {} }]: [string, Content[string]]): Html {
  return html`<p class="soft"><code>${mediaType}</code> ${linkSchema(schema)}</p>
${Object.values(examples).map(({ value }) => html`<pre tabindex="0"><code>${jsonOf(value)}</code></pre>\n`)}`
}

/** In one line where it fits. */
function jsonOf(value: unknown): string {
  const line = JSON.stringify(value, null, 1).replace(/\n */g, ' ')
  return line.length <= LINE_CHARACTERS ? line : JSON.stringify(value, null, 2)
}
