import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderApiPage } from './api-page.ts'
import { renderCliMarkdown } from './cli-page.ts'
import { renderConfigMarkdown } from './config-page.ts'
import { renderEventsMarkdown } from './events-page.ts'
import { makeOpenApi } from './openapi.ts'
import { renderProblemsMarkdown, renderProblemsPage } from './problem-pages.ts'
import { withRunningRoutes } from './running-routes.ts'

/** The generated files of docs/reference: name → text. */
export async function makePages(root: string): Promise<Map<string, string>> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  // Everybody may read it: the last number would say which mends are missing (CVE-2025-53887).
  const [major, minor] = version.split('.')
  const document = await withRunningRoutes((routes) => makeOpenApi(routes, `${major}.${minor}`))
  return new Map([
    ['openapi.json', `${JSON.stringify(document, null, 2)}\n`],
    ['api.html', await renderApiPage(document)],
    ['problems.html', await renderProblemsPage(document)],
    ['problems.md', renderProblemsMarkdown(document)],
    ['config.md', renderConfigMarkdown()],
    ['events.md', renderEventsMarkdown()],
    ['cli.md', await renderCliMarkdown(root)],
  ])
}
