import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const parts = ['server', 'contract', 'bench', 'bin', 'docs', 'sdk', 'web', '.ci']
const repositoryPath = new RegExp(`^(${parts.join('|').replace('.', '\\.')})(/[\\w.@-]+)+/?$`)
const relativePath = /^\.\.?(\/[\w.@-]+)+\/?$/

/** Paths that README.md, CONTRIBUTING.md and docs/ name and that are not there, one complaint each. */
export async function findMissingPaths(root: string): Promise<string[]> {
  const pages = await Array.fromAsync(glob(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md'], { cwd: root }))
  const complaints = await Promise.all(pages.sort().map((page) => findMissingPathsOf(root, page)))
  return complaints.flat()
}

async function findMissingPathsOf(root: string, page: string): Promise<string[]> {
  const paths = namedPaths(await readFile(join(root, page), 'utf8'), dirname(page))
  return paths.filter((path) => !existsSync(join(root, path))).map((path) => `${page} names ${path}: there is none`)
}

/**
 * Paths, from the root of the repository, that a page names in its links and, where they look like paths of the
 * repository, in its backticks. Fenced blocks are not read: they show trees and outputs of other machines too.
 * @param folder the folder of the page, from which its links count
 */
export function namedPaths(markdown: string, folder: string): string[] {
  const prose = markdown.replace(/^( *)(```|~~~).*?^\1\2 *$/gms, '')
  const words = [...prose.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.split(/\s+/)).map(withoutPosition)
  const links = prose.replace(/`[^`]+`/g, '').matchAll(/\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)/gm)
  const targets = [...links].map(([, inline, defined]) => inline ?? defined ?? '').filter(isOfRepository)
  return [
    ...words.filter((word) => repositoryPath.test(word)),
    ...words.filter((word) => relativePath.test(word)).map((word) => join(folder, word)),
    ...targets.map((target) => fromRoot(decodeURI(target.replace(/[?#].*$/, '')), folder)),
  ]
}

function withoutPosition(word: string): string {
  return word.replace(/(:\d+)+$|[,;:.]+$/, '')
}

function isOfRepository(target: string): boolean {
  return !/^([a-z][a-z\d+.-]*:|\/\/|#)/i.test(target)
}

function fromRoot(target: string, folder: string): string {
  return target.startsWith('/') ? target.slice(1) : join(folder, target)
}
