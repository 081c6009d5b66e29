/**
 * The image without Docker: a folder with what the Dockerfile puts into it, and the user that it names where we may become
 * another one. Node.js is the one that runs the tests, in the place of that of the base image.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import { type Instruction, readDockerfile, readDockerignore, root, type Stage, textOf } from './dockerfile.ts'

type Command = readonly [program: string, ...parameters: string[]]

export type Image = {
  /** What is `/` in the image. */
  readonly folder: string
  /** What is its working folder. */
  readonly cwd: string
  readonly stage: Stage
  readonly environment: Readonly<Record<string, string>>
  /** Every file below the working folder, but for installed packages. */
  files(): string[]
  /** The command as the user of the image. */
  asUser(command: Command): Command
  /** Nobody writes into the working folder any more, as with `--read-only`. */
  makeReadOnly(): void
}

const isRoot = process.getuid?.() === 0

export function buildImage(t: TestContext): Image {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-image-'))
  t.after(() => {
    execFileSync('chmod', ['-R', 'u+w', folder])
    return rm(folder, { recursive: true })
  })
  execFileSync('chmod', ['0755', folder]) // so that another user gets in
  const [dependencies = [], stage = []] = readDockerfile()
  const cwd = join(folder, textOf(stage, 'WORKDIR'))
  for (const path of [cwd, join(folder, 'usr/bin'), join(folder, 'tmp')]) mkdirSync(path, { recursive: true })
  copyFileSync(process.execPath, join(folder, 'usr/bin/node'), constants.COPYFILE_FICLONE)
  for (const instruction of stage) follow(instruction, { folder, cwd, dependencies })
  return {
    folder,
    cwd,
    stage,
    environment: { ...environmentOf(stage, folder), PATH: `${folder}/usr/bin:/usr/bin:/bin` },
    files: () => filesBelow(cwd).filter((file) => !file.startsWith('node_modules/')),
    asUser: (command) => [...identityOf(stage), ...command] as unknown as Command,
    makeReadOnly: () => void execFileSync('chmod', ['-R', 'a-w', cwd]),
  }
}

type Building = { folder: string; cwd: string; dependencies: Stage }

function follow({ name, text }: Instruction, { folder, cwd, dependencies }: Building): void {
  if (name === 'COPY' && text.startsWith('--from=dependencies ')) installPackages(dependencies, cwd)
  else if (name === 'COPY') copy(text.split(' '), cwd)
  // What the user of the image runs while it is built is done in the test: it takes as long as the machine is busy.
  else if (name === 'RUN' && !text.startsWith('node ')) prepare(text, folder, cwd)
}

/** Nobody but root gives files to others. */
function prepare(command: string, folder: string, cwd: string): void {
  execFileSync('sh', ['-ec', inside(isRoot ? command : command.replace(/ -[og] \d+/g, ''), folder)], { cwd })
}

/** A path that is absolute in the image. */
const inside = (text: string, folder: string) => text.replace(/(?<![\w.])\/(?=(?:app|data|tmp)\b)/g, `${folder}/`)

function environmentOf(stage: Stage, folder: string): Record<string, string> {
  const pairs = textOf(stage, 'ENV').split(' ')
  return Object.fromEntries(pairs.map((pair) => inside(pair, folder).split('=') as [string, string]))
}

function identityOf(stage: Stage): string[] {
  const [user, group] = textOf(stage, 'USER').split(':')
  const canChange = isRoot && spawnSync('setpriv', ['--version']).status === 0
  return canChange ? ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups'] : []
}

/** What of the context is not ignored: a folder is copied by its content. */
function copy(words: readonly string[], cwd: string): void {
  const isIgnored = readDockerignore()
  const target = words.at(-1) ?? ''
  for (const source of words.slice(0, -1)) {
    const seen = filesBelow(root, source).filter((file) => !isIgnored(file))
    if (seen.length === 0) throw new Error(`COPY ${source}: there is nothing, or .dockerignore hides it`)
    for (const file of seen) {
      const path = target.endsWith('/') ? join(target, file) : join(target, relative(source, file))
      mkdirSync(join(cwd, dirname(path)), { recursive: true })
      copyFileSync(join(root, file), join(cwd, path))
    }
  }
}

/** @returns paths from `folder` on */
function filesBelow(folder: string, below = '.'): string[] {
  const start = join(folder, below)
  if (statSync(start).isFile()) return [below]
  const entries = readdirSync(start, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

type Locked = { dev?: true; optional?: true; devOptional?: true; link?: true }

/** What `npm ci --omit=dev` installs, from where `npm ci` did; without the Node.js that npm brings. */
function installPackages(stage: Stage, cwd: string): void {
  const command = textOf(stage, 'RUN')
  for (const word of ['npm ci --omit=dev ', ' node_modules/node-linux-*']) {
    if (!command.includes(word)) throw new Error(`this test takes it that the Dockerfile says ${word}`)
  }
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [path, locked] of Object.entries<Locked>(packages)) {
    const isWanted = !locked.dev && !locked.devOptional && !locked.link && /^node_modules\/(?!node-)/.test(path)
    if (isWanted && !path.includes('/node_modules/', 1)) copyPackage(path, cwd, locked.optional)
  }
}

/** Nested packages come with theirs. */
function copyPackage(path: string, cwd: string, isOptional = false): void {
  const source = join(root, path)
  if (isOptional && !existsSync(source)) return // for another machine
  cpSync(source, join(cwd, path), { recursive: true })
}
