import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { listMissing, type Need, needs, tellMissing } from './missing-programs.ts'

const need = (name: string, isThere: boolean): Need => ({
  name,
  package: name.toLowerCase(),
  suites: `tests of ${name}`,
  isThere: () => isThere,
})

test('what is not installed is named, with what was not run for the want of it', () => {
  const missing = listMissing([need('RabbitMQ', false), need('Chromium', true), need('Caddy', false)])
  assert.deepEqual(tellMissing(missing, false), {
    lines: [
      'Not run: tests of RabbitMQ: RabbitMQ is not installed here (npm run services)',
      'Not run: tests of Caddy: Caddy is not installed here (npm run services)',
    ],
    isFailure: false,
  })
})

test('with CI=true that is a failure, and only then', () => {
  const { lines, isFailure } = tellMissing(listMissing([need('RabbitMQ', false)]), true)
  assert.deepEqual(
    [lines, isFailure],
    [['FAILED: tests of RabbitMQ: RabbitMQ is not installed here (npm run services)'], true],
  )
  assert.deepEqual(tellMissing(listMissing([need('RabbitMQ', true)]), true), { lines: [], isFailure: false })
})

test('npm run services installs all that is looked for', async () => {
  const script = await readFile(join(import.meta.dirname, 'services.sh'), 'utf8')
  const [, installed = ''] = /packages=\(\n(.*?)\n\)/s.exec(script) ?? []
  const words = installed.replace(/#.*/g, '').split(/\s+/)
  for (const { package: name } of needs) assert.ok(words.includes(name), name)
})
