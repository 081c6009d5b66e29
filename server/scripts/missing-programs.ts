/** What tests need beyond npm and databases, and what of it this machine lacks: tests that want it leave themselves out. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isBrokerInstalled } from '../test/broker.ts'
import { executablePath } from '../test/chromium.ts'
import { isInstalled, proxyNames } from '../test/deploy/proxies.ts'

export type Need = {
  name: string
  /** As Debian calls it, and `npm run services`. */
  package: string
  /** What is not run without it. */
  suites: string
  isThere: () => boolean
}

const PYTHON = '/usr/bin/python3' // Debian's, which finds Debian's modules

export const needs: readonly Need[] = [
  { name: 'RabbitMQ', package: 'rabbitmq-server', suites: 'every test of the message bus', isThere: isBrokerInstalled },
  {
    name: 'Chromium',
    package: 'chromium',
    suites: 'every test in a browser',
    isThere: () => existsSync(executablePath),
  },
  ...proxyNames.map((name) => ({
    name,
    package: name.toLowerCase(),
    suites: `every test behind ${name}`,
    isThere: () => isInstalled(name),
  })),
  {
    name: 'openssl',
    package: 'openssl',
    suites: 'every test with a certificate',
    isThere: () => runs('openssl', 'version'),
  },
  ofPython('pika', 'python3-pika', 'the consumer of events in Python'),
  ofPython('jwt', 'python3-jwt', 'the recipe that verifies tokens in Python'),
  ofPython('django', 'python3-django', 'every import from a real Django service'),
  ofPython('rest_framework', 'python3-djangorestframework', 'every import from a real Django service'),
  ofPython(
    'rest_framework_simplejwt',
    'python3-djangorestframework-simplejwt',
    'every import from a real Django service',
  ),
]

function ofPython(module: string, name: string, suites: string): Need {
  return { name, package: name, suites, isThere: () => runs(PYTHON, '-c', `import ${module}`) }
}

function runs(program: string, ...words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export type Missing = { what: string; name: string }

export function listMissing(all: readonly Need[] = needs): Missing[] {
  return all.filter(({ isThere }) => !isThere()).map(({ suites: what, name }) => ({ what, name }))
}

/** The last lines of a run: what was left out. With CI=true that is a failure. */
export function tellMissing(missing: readonly Missing[], isCi: boolean): { lines: string[]; isFailure: boolean } {
  const lines = missing.map(
    ({ what, name }) => `${isCi ? 'FAILED' : 'Not run'}: ${what}: ${name} is not installed here (npm run services)`,
  )
  return { lines, isFailure: isCi && missing.length > 0 }
}
