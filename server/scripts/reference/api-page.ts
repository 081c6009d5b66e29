import { type Endpoint, renderEndpoint, renderResponseDetails } from './endpoint.ts'
import { type Html, html, sentence } from './html.ts'
import type { OpenApi } from './openapi.ts'
import { renderPage } from './page.ts'
import { renderFields, spaced } from './schemas.ts'

type Group = { name: string; description: string; endpoints: Endpoint[] }

/** The reference page of an OpenAPI document. */
export function renderApiPage(document: OpenApi): Promise<string> {
  const { info } = document
  const groups = groupsOf(document)
  return renderPage({
    title: `${info.title} API`,
    about: `HTTP API of ${info.title} ${info.version}`,
    introduction: html`${info.description.split('\n\n').map((text) => html`<p>${sentence(text)}</p>\n`)}
<p>Version ${info.version} · <a href="/openapi.json">OpenAPI document</a> · <a href="/docs/problems">Problems</a></p>`,
    navigation: html`${groups.map(renderLinks)}
<h2>More</h2>
<ul>
<li><a href="#answers">Answers of several endpoints</a></li>
<li><a href="#bodies">Bodies</a></li>
</ul>`,
    main: html`${groups.map((group) => renderGroup(group, document))}
${renderSharedAnswers(document)}
${renderBodies(document)}`,
  })
}

function groupsOf({ paths, tags }: OpenApi): Group[] {
  const endpoints = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  return tags.map((tag) => ({
    ...tag,
    endpoints: endpoints.filter(({ operation }) => operation.tags.includes(tag.name)),
  }))
}

function renderLinks({ name, endpoints }: Group): Html {
  return html`<h2>${name}</h2>
<ul>
${endpoints.map(({ operation: { operationId, summary } }) => html`<li><a href="#${operationId}">${summary}</a></li>\n`)}</ul>
`
}

function renderGroup({ name, description, endpoints }: Group, { components }: OpenApi): Html {
  return html`<section>
<h2>${name}</h2>
<p class="soft">${description}</p>
${endpoints.map((endpoint) => renderEndpoint(endpoint, components))}</section>
`
}

function renderSharedAnswers({ components }: OpenApi): Html {
  return html`<section id="answers">
<h2>Answers of several endpoints</h2>
${Object.entries(components.responses).map(
  ([name, response]) => html`<article id="answer-${name}">
<h3><a href="#answer-${name}">${spaced(name)}</a></h3>
<p>${sentence(response.description)}</p>
${renderResponseDetails(response)}</article>
`,
)}</section>
`
}

function renderBodies({ components }: OpenApi): Html {
  return html`<section id="bodies">
<h2>Bodies</h2>
${Object.entries(components.schemas).map(
  ([name, schema]) => html`<article id="body-${name}">
<h3><a href="#body-${name}">${spaced(name)}</a></h3>
${typeof schema.description === 'string' && html`<p>${sentence(schema.description)}</p>\n`}${renderFields(schema)}</article>
`,
)}</section>
`
}
