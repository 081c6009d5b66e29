/** compose.yaml: what keeps the service in its place, and that it is told nothing that it does not know. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { knownSettings } from '../known-settings.ts'
import { readDockerfile, root, textOf } from './dockerfile.ts'

const text = readFileSync(join(root, 'compose.yaml'), 'utf8').replace(/ *#.*$/gm, '')
const COMPOSE_ONLY = ['AMQP_PASSWORD'] // of the bus, which is no setting of ours

/** The lines below a key, without their indentation. YAML goes on for longer; our file does not. */
function below(block: string, ...keys: readonly string[]): string {
  return keys.reduce((lines, key) => {
    const [, found] = new RegExp(`^${key}:(?: [^\\n]*)?\\n((?:  [^\\n]*\\n|\\n)*)`, 'm').exec(lines) ?? []
    assert.ok(found !== undefined, `${keys.join('.')} in compose.yaml`)
    return found.replace(/^ {2}/gm, '')
  }, `${block}\n`)
}

const keysOf = (block: string) => [...block.matchAll(/^(\w+):/gm)].map(([, key = '']) => key)
const scalarOf = (block: string, key: string) => new RegExp(`^${key}: *(.*)$`, 'm').exec(block)?.[1]
const itemsOf = (block: string) => [...block.matchAll(/^- (.*)$/gm)].map(([, item = '']) => item)

const services = below(text, 'services')
const auth = below(services, 'auth')

describe('compose.yaml', () => {
  it('has the service, MariaDB, and RabbitMQ for whoever asks for it', () => {
    assert.deepEqual(keysOf(services), ['auth', 'database', 'bus'])
    assert.match(scalarOf(below(services, 'database'), 'image') ?? '', /^mariadb:10\.11$/)
    assert.match(scalarOf(below(services, 'bus'), 'image') ?? '', /^rabbitmq:\d+$/)
    assert.equal(scalarOf(below(services, 'bus'), 'profiles'), '[bus]')
    for (const name of ['database', 'bus']) assert.ok(below(services, name, 'healthcheck').includes('test:'), name)
  })

  it('lets the service write to its data and /tmp only, with no rights, and reach nobody but this machine', () => {
    assert.equal(scalarOf(auth, 'read_only'), 'true')
    assert.deepEqual(itemsOf(below(auth, 'cap_drop')), ['ALL'])
    assert.deepEqual(itemsOf(below(auth, 'security_opt')), ['no-new-privileges:true'])
    assert.deepEqual(itemsOf(below(auth, 'tmpfs')), ['/tmp'])
    const [, stage = []] = readDockerfile()
    assert.deepEqual(itemsOf(below(auth, 'volumes')), [`data:${textOf(stage, 'VOLUME')}`])
    assert.deepEqual(itemsOf(below(auth, 'ports')), ['127.0.0.1:8000:8000'])
    assert.ok(!/privileged: true|cap_add|network_mode|user:/.test(text))
  })

  it('waits for the database, and longer for the end than requests may take', () => {
    assert.equal(scalarOf(below(auth, 'depends_on', 'database'), 'condition'), 'service_healthy')
    const drain = Number(
      /`DRAIN_SECONDS` \| (\d+)/.exec(readFileSync(join(root, 'docs/reference/config.md'), 'utf8'))?.[1],
    )
    assert.ok(Number.parseInt(scalarOf(auth, 'stop_grace_period') ?? '', 10) > drain)
  })

  it('names no setting that there is not', () => {
    const given = keysOf(below(auth, 'environment'))
    const example = readFileSync(join(root, '.env.example'), 'utf8')
    const asked = [...`${text}${example}`.matchAll(/\$\{(\w+)|^#?([A-Z_]+)=/gm)].map(
      ([, name, other = '']) => name ?? other,
    )
    assert.ok(given.includes('SECRET_KEY') && given.includes('MYSQL_PASSWORD') && asked.length > 5)
    const unknown = [...given, ...asked].filter((name) => !knownSettings.has(name) && !COMPOSE_ONLY.includes(name))
    assert.deepEqual(unknown, [])
  })

  it('has no secret in it, and does not start without one', () => {
    for (const name of ['SECRET_KEY', 'PUBLIC_URL', 'MYSQL_PASSWORD']) {
      assert.match(scalarOf(below(auth, 'environment'), name) ?? '', new RegExp(`^\\$\\{${name}:\\?.+\\}$`))
    }
    for (const [, name = '', value = ''] of text.matchAll(/^ *(\w*(?:PASSWORD|PASS|SECRET_KEY)): (.*)$/gm)) {
      assert.match(value, /^(\$\{.*\}|"1")$/, name)
    }
  })
})
