/** HTML as template literals: what is filled in is escaped, unless it is HTML already. */
export type Html = { readonly html: string }

type Filling = Html | string | number | undefined | false | readonly Html[]

export function html(parts: TemplateStringsArray, ...fillings: readonly Filling[]): Html {
  return { html: parts.reduce((text, part, index) => text + textOf(fillings[index - 1]) + part) }
}

function textOf(filling: Filling): string {
  if (filling === undefined || filling === false) return ''
  if (typeof filling === 'string' || typeof filling === 'number') return escapeHtml(String(filling))
  return 'html' in filling ? filling.html : filling.map((part) => part.html).join('')
}

/** A sentence in which backticks mark code. */
export function sentence(text: string): Html {
  const parts = text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`))
  return html`${parts}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
}
