/** The proxies that deploy/ has recipes for, as Debian packages them: each runs its recipe with other ports and folders, and nothing else changed. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { findFreePort } from '../database-servers/private-server.ts'
import { startWatchdog } from '../database-servers/watchdog.ts'
import { eventually } from '../eventually.ts'
import { connects } from './talk.ts'

export type ProxyName = 'nginx' | 'Caddy' | 'HAProxy'
export type Behind = { readonly authPort: number; readonly appPort: number }

type Place = Behind & { readonly folder: string; readonly port: number }
type Changes = readonly (readonly [from: string, to: string])[]

type Recipe = {
  readonly name: ProxyName
  readonly program: string
  readonly environment?: (place: Place) => Record<string, string>
  /** Writes what the program needs into the folder. @returns its options */
  readonly prepare: (place: Place) => Promise<readonly string[]>
}

const isRoot = process.getuid?.() === 0

const recipes: readonly Recipe[] = [
  { name: 'nginx', program: '/usr/sbin/nginx', prepare: prepareNginx },
  {
    name: 'Caddy',
    program: '/usr/bin/caddy',
    environment: ({ folder }) => ({ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }),
    prepare: prepareCaddy,
  },
  { name: 'HAProxy', program: '/usr/sbin/haproxy', prepare: prepareHaproxy },
]

export const proxyNames = recipes.map(({ name }) => name)

export function isInstalled(name: ProxyName): boolean {
  return existsSync(recipeOf(name).program)
}

/** Starts the proxy with its recipe; resolves when it takes connections. It ends with the test, or with this process. @returns the port */
export async function startProxy(t: TestContext, name: ProxyName, behind: Behind): Promise<number> {
  const { program, environment, prepare } = recipeOf(name)
  const folder = await mkdtemp(join(tmpdir(), `samurai-auth-${name.toLowerCase()}-`))
  const watchdog = startWatchdog(folder, 'SIGKILL', undefined)
  t.after(() => watchdog.stop())
  const place = { ...behind, folder, port: await findFreePort() }
  const options = await prepare(place)
  const log = await open(join(folder, 'log'), 'a')
  const env = { PATH: '/usr/bin:/bin', TMPDIR: folder, ...environment?.(place) }
  const child = spawn(program, options, { cwd: folder, detached: true, env, stdio: ['ignore', log.fd, log.fd] })
  await once(child, 'spawn')
  watchdog.guard(child.pid)
  await log.close()
  await eventually(`${name} takes connections`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended:\n${await readFile(join(folder, 'log'), 'utf8')}`)
    return connects(place.port)
  })
  child.unref()
  return place.port
}

function recipeOf(name: ProxyName): Recipe {
  return recipes.find((recipe) => recipe.name === name) as Recipe // the names are made of the list
}

async function prepareNginx(place: Place): Promise<string[]> {
  const { folder, port } = place
  const { certificate, key } = makeCertificate(folder)
  const recipe = await readRecipe('nginx/samurai-auth.conf', [
    ...ports(place),
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['listen [::]:443 ', `listen unix:${folder}/socket `],
    ['/etc/ssl/example.com.pem', certificate],
    ['/etc/ssl/private/example.com.key', key],
  ])
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  await writeFile(
    join(folder, 'nginx.conf'),
    [
      isRoot ? 'user root;' : '',
      `pid ${folder}/pid;`,
      'events {}',
      `http { access_log off; ${temporary.join(' ')}`,
      recipe,
      '}',
    ].join('\n'),
  )
  return ['-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', 'daemon off;']
}

async function prepareCaddy(place: Place): Promise<string[]> {
  const { folder, port } = place
  const recipe = await readRecipe('caddy/Caddyfile', ports(place))
  const options = [
    'admin off',
    'local_certs',
    'skip_install_trust',
    'auto_https disable_redirects',
    'default_bind 127.0.0.1',
    `https_port ${port}`,
    'servers {\nprotocols h1 h2\n}',
  ]
  await writeFile(join(folder, 'Caddyfile'), `{\n${options.join('\n')}\n}\n${recipe}`)
  return ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']
}

async function prepareHaproxy(place: Place): Promise<string[]> {
  const { folder, port } = place
  const { certificate, key } = makeCertificate(folder)
  const both = join(folder, 'both.pem')
  await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')))
  const script = join(folder, 'samurai-auth.lua')
  const ownSocket = `abns@samurai-auth-${port}` // the name belongs to the machine, not to a folder
  await writeFile(script, await readRecipe('haproxy/samurai-auth.lua', [[sharedSocket, ownSocket]]))
  const recipe = await readRecipe('haproxy/haproxy.cfg', [
    ...ports(place),
    ...(isRoot ? [] : onlyForRoot),
    ['log /dev/log local0', 'log stdout format raw local0'],
    ['/etc/haproxy/samurai-auth.lua', script],
    [sharedSocket, ownSocket],
    ['bind :443 ', `bind 127.0.0.1:${port} `],
    ['bind [::]:443 v6only ', `bind unix@${folder}/socket `],
    ['/etc/haproxy/example.com.pem', both],
  ])
  await writeFile(join(folder, 'haproxy.cfg'), recipe)
  return ['-db', '-f', join(folder, 'haproxy.cfg')]
}

const sharedSocket = 'abns@samurai-auth'
const onlyForRoot: Changes = [['  user haproxy\n  group haproxy\n  chroot /var/lib/haproxy\n', '']]

const root = join(import.meta.dirname, '../../../deploy')

function ports({ authPort, appPort }: Behind): Changes {
  return [
    ['127.0.0.1:8000', `127.0.0.1:${authPort}`],
    ['127.0.0.1:9000', `127.0.0.1:${appPort}`],
  ]
}

/** The text of a recipe with these changes. Each must change something: a recipe that moved on is not tried half. */
async function readRecipe(path: string, changes: Changes): Promise<string> {
  let text = await readFile(join(root, path), 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`deploy/${path} does not say "${from}"`)
    text = text.replaceAll(from, to)
  }
  return text
}

function makeCertificate(folder: string): { certificate: string; key: string } {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const names = ['-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:*.example.com']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  })
  return { certificate, key }
}
