import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

type Line = Record<string, unknown>

test('a line is JSON with level, time, process, fields and a message', () => {
  const [line] = run('info', `logger.info({ subject: 7 }, 'session opened')`)
  const { time, pid, ...rest } = line ?? {}
  assert.deepEqual(rest, { level: 'info', subject: 7, msg: 'session opened' })
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000)
  assert.ok(Number.isInteger(pid))
})

test('what is less important than the level is not written', () => {
  const levels = ['debug', 'info', 'warn', 'error', 'fatal']
  const everything = levels.map((level) => `logger.${level}({}, '${level}')`).join(';')
  assert.deepEqual(new Set(run('warn', everything).map(({ msg }) => msg)), new Set(['warn', 'error', 'fatal']))
  assert.deepEqual(run('silent', everything), [])
})

test('fields that are called like secrets are not written, at the top and one level below', () => {
  const secrets = ['password', 'token', 'refresh', 'access', 'authorization', 'cookie', 'secretKey', 'hash']
  const fields = Object.fromEntries(secrets.map((name) => [name, 'geheim']))
  const [line] = run('info', `logger.info(${JSON.stringify({ ...fields, body: fields, kept: 'kept' })}, 'request')`)
  assert.equal(line?.kept, 'kept')
  for (const name of secrets) assert.equal(line?.[name], '[secret]')
  assert.ok(!JSON.stringify(line).includes('geheim'))
})

test('a line of known fields is written as it is, and not searched for secrets', () => {
  const [line] = run('info', `logger.ofKnownFields().info({ status: 200, hash: 'known' }, 'request')`)
  const { time, pid, ...rest } = line ?? {}
  assert.deepEqual(rest, { level: 'info', status: 200, hash: 'known', msg: 'request' })
  assert.ok(time && pid)
})

test('an error is its name, message, code, stack and causes, not what a driver hangs on it', () => {
  const program = `
    const cause = Object.assign(new Error('the cause'), { sql: 'geheim', parameters: ['geheim'] })
    const error = Object.assign(new RangeError('the error', { cause }), { code: 'E1', connection: { config: 'geheim' } })
    logger.error({ err: error }, 'request failed')`
  const [line = {}] = run('info', program)
  const { stack, cause, ...error } = line.err as { stack: string; cause: Line }
  assert.deepEqual(error, { name: 'RangeError', message: 'the error', code: 'E1' })
  assert.match(stack, /^RangeError: the error\n {4}at /)
  assert.deepEqual([cause.name, cause.message], ['Error', 'the cause'])
  assert.ok(!JSON.stringify(line).includes('geheim'))
})

test('what is thrown without being an error is text', () => {
  assert.deepEqual(run('info', `logger.error({ err: 'just text' }, 'request failed')`)[0]?.err, {
    message: 'just text',
  })
})

/** The lines that a program of its own writes. */
function run(level: string, program: string): Line[] {
  const source = `import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))}
    const logger = createLogger('${level}')
    ${program}`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', source], { encoding: 'utf8' })
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}
