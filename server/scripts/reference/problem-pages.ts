import { type RefusalCode, refusalCodes } from '../../../contract/problems.ts'
import { statusOf } from '../../src/http/problems.ts'
import { html, sentence } from './html.ts'
import type { OpenApi } from './openapi.ts'
import { renderPage } from './page.ts'
import { problemAdvice } from './problem-advice.ts'

const codes = Object.keys(refusalCodes) as RefusalCode[]

const introduction = [
  'Why the service says no: the closed list of codes. A refusal is answered as problem details (RFC 9457) with the code in `code`, and `type` leads here.',
  'The endpoints under `/api` keep the bodies of the old service for the codes that it knew, and sometimes another status. The log names the code in both cases, in the field `refusal` of the request.',
]

/** `/docs/problems`, where the `type` of a problem leads to. */
export function renderProblemsPage(document: OpenApi): Promise<string> {
  return renderPage({
    title: 'Problems',
    about: 'Every refusal code: what it means and what to do',
    introduction: html`${introduction.map((text) => html`<p>${sentence(text)}</p>\n`)}<p><a href="/docs">API reference</a></p>`,
    navigation: html`<ul>
${codes.map((code) => html`<li><a href="#${code}">${code}</a></li>\n`)}</ul>`,
    main: html`<section>
<h2>Codes</h2>
${codes.map(
  (code) => html`<article id="${code}">
<h3><a href="#${code}"><span class="status bad">${statusOf(code)}</span><code>${code}</code></a></h3>
<p>${refusalCodes[code]}</p>
<h4>What to do</h4>
<p>${sentence(problemAdvice[code])}</p>
<p class="soft">${sentence(givenBy(document, code))}</p>
</article>
`,
)}</section>`,
  })
}

/** The same for whoever reads the repository. */
export function renderProblemsMarkdown(document: OpenApi): string {
  const sections = codes.map(
    (code) => `## ${code}

**${statusOf(code)}** · ${refusalCodes[code]}

${problemAdvice[code]}

${givenBy(document, code)}`,
  )
  return `# Problems\n\n${[...introduction, ...sections].join('\n\n')}\n`
}

function givenBy(document: OpenApi, code: RefusalCode): string {
  const places = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.values(item).flatMap(({ responses }) =>
      Object.entries(responses).flatMap(([status, response]) => {
        const answer =
          '$ref' in response ? document.components.responses[response.$ref.split('/').at(-1) ?? ''] : response
        return answer?.['x-refusals']?.includes(code) ? [`\`${path}\` (${status})`] : []
      }),
    ),
  )
  return places.length > 0 ? `Given by ${places.join(', ')}.` : 'Not tied to an endpoint.'
}
