/** The README's first steps, as somebody takes them who has nothing but the README. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { inChromium } from './browser.ts'
import { startSite } from './site.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const packageFile = 'samurai-auth-browser-0.1.0.tgz'

inChromium('The README', (stage) => {
  test('the package is packed and installed as it says, and its example signs in and asks', async (t) => {
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8')
    for (const command of ['npm pack --workspace sdk/browser', `npm install ./${packageFile}`]) {
      assert.ok(readme.includes(command), command)
    }
    const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-readme-'))
    t.after(() => rm(folder, { recursive: true }))
    await run('npm', ['pack', '--workspace', 'sdk/browser', '--pack-destination', folder], { cwd: root })
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${packageFile}`], { cwd: folder })

    const { browser, service } = stage()
    const site = await startSite(service, folder)
    t.after(site.stop)
    const tab = await browser.newPage()
    t.after(() => tab.close())
    const lines: string[] = []
    tab.on('console', (message) => lines.push(message.text()))
    tab.on('pageerror', (error) => lines.push(String(error)))
    const body = pageOf(exampleIn(readme), await addressIn(folder))
    await tab.route('**/example', (route) => route.fulfill({ contentType: 'text/html', body }))
    const isAsked = tab.waitForEvent('console', (message) => message.text() === '200')
    await tab.goto(`${site.origin}/example`)
    await isAsked
    assert.deepEqual(lines, ['signed-out', 'signed-in', '200'])
  })
})

function exampleIn(readme: string): string {
  const [, example] = /```js\n(.*?)```/s.exec(readme) ?? []
  assert.ok(example)
  return example
}

/** Where the page finds the package: what a bundler does by itself. */
async function addressIn(folder: string): Promise<string> {
  const path = 'node_modules/@samurai-auth/browser'
  const { exports } = JSON.parse(await readFile(join(folder, path, 'package.json'), 'utf8'))
  return `/${join(path, exports['.'].default)}`
}

function pageOf(example: string, address: string): string {
  const map = JSON.stringify({ imports: { '@samurai-auth/browser': address } })
  return `<!doctype html><title>Example</title><script type="importmap">${map}</script>
    <script type="module">${example}</script>`
}
