import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedPaths } from './documented-paths.ts'

const pages: [what: string, markdown: string, paths: string[]][] = [
  ['a path in backticks counts from the root', 'See `server/src/main.ts`.', ['server/src/main.ts']],
  ['a path within a command counts', 'Run `node bench/run.ts --quick`.', ['bench/run.ts']],
  ['a line number is not part of a path', '`server/src/main.ts:12`', ['server/src/main.ts']],
  ['a path with dots counts from the folder of the page', '`../adr/0001-x.md`', ['docs/adr/0001-x.md']],
  ['a link counts from the folder of the page', '[x](../reference/cli.md#flags)', ['docs/reference/cli.md']],
  ['a link with a title counts', '[x](one.md "One")', ['docs/how-to/one.md']],
  ['a link defined below counts', '[x]: ../../README.md', ['README.md']],
  ['a link from the root counts', '[x](/server/src)', ['server/src']],
  [
    'addresses and anchors are no paths',
    '[a](https://example.com/docs/x.md) [b](#there) [c](mailto:a@example.com)',
    [],
  ],
  ['placeholders, routes and words are no paths', '`server/src/<part>/x.ts` `/auth/login` `config.ts` `docs/*.md`', []],
  ['fenced blocks are not read', '```\n`server/none.ts`\n```\n`bench/run.ts`', ['bench/run.ts']],
]

for (const [what, markdown, paths] of pages) {
  test(what, () => assert.deepEqual(namedPaths(markdown, 'docs/how-to'), paths))
}
