import { type Html, html, sentence } from './html.ts'
import type { OpenApiSchema, Reference } from './openapi.ts'

/** The fields of an object: name, what it holds, what it means. */
export function renderFields(schema: OpenApiSchema): Html {
  const required = listOf(schema.required)
  const fields = Object.entries((schema.properties ?? {}) as Record<string, OpenApiSchema>)
  if (fields.length === 0) return schema.maxProperties === 0 ? html`<p><code>{}</code></p>\n` : html``
  return html`<dl>
${fields.map(([name, field]) => {
  const isOptional = !required.includes(name)
  const text = typeof field.description === 'string' && html`<br>${sentence(field.description)}`
  return html`<dt><code>${name}</code></dt>
<dd><span class="soft">${rulesOf(field)}${isOptional && ', optional'}</span>${text}</dd>\n`
})}</dl>
`
}

/** What a field holds, in words: `string (email), 1 to 254 characters`. */
function rulesOf({ type, format, minLength, maxLength, const: constant, enum: words, items }: OpenApiSchema): Html {
  const allowed = constant === undefined ? listOf(words) : [constant]
  const kind =
    allowed.length === 0 ? `${type}${format ? ` (${format})` : ''}` : allowed.map((word) => `\`${word}\``).join(' or ')
  const length = maxLength === undefined ? '' : `, ${minLength ?? 0} to ${maxLength} characters`
  return html`${sentence(`${kind}${length}`)}${items !== undefined && html` of ${itemsOf(items as OpenApiSchema)}`}`
}

function itemsOf(items: OpenApiSchema): Html {
  return isReference(items) || listOf(items.anyOf).some(isReference) ? linkSchema(items) : rulesOf(items)
}

/** The names of a schema's components, as links to them. */
export function linkSchema(schema: OpenApiSchema): Html {
  const named = [schema, ...listOf(schema.anyOf)].filter(isReference)
  const links = named.map((reference, index) => {
    const name = nameOf(reference)
    return html`${index > 0 && ' or '}<a href="#body-${name}">${spaced(name)}</a>`
  })
  return html`${links}`
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && '$ref' in value
}

/** `#/components/schemas/Problem` → `Problem`. */
export function nameOf({ $ref }: Reference): string {
  return $ref.slice($ref.lastIndexOf('/') + 1)
}

/** `DatabaseUnavailable` → `Database unavailable`. */
export function spaced(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
