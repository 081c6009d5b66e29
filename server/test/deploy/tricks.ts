/** What has got round checks like this one before, as tables. Each is played against every proxy. */
import { APP } from './talk.ts'

/** The value of every header that only the proxy may send. */
export const SPOOFED = 'spoofed'

/** What a service behind takes for the truth about the caller, and only the proxy may say. */
export const identityHeaders = ['X-User-Id', 'X-User-Email', 'X-User-Roles', 'X-Session-Id']

/** What services behind proxies believe as well (CVE-2025-64484, CVE-2026-40575 and -34457 of oauth2-proxy). */
export const believedHeaders = [
  ...['For', 'Proto', 'Host', 'Port', 'Server', 'Scheme', 'Ssl', 'Prefix', 'Path', 'Uri', 'Method', 'By', 'User'].map(
    (name) => `X-Forwarded-${name}`,
  ),
  ...['Email', 'Groups', 'Preferred-Username', 'Access-Token', 'Client-Cert'].map((name) => `X-Forwarded-${name}`),
  ...['URL', 'URI', 'Method', 'Host', 'For', 'Proto', 'Forwarded-For'].map((name) => `X-Original-${name}`),
  ...['Forwarded', 'X-Rewrite-URL', 'X-Real-IP', 'X-Client-IP', 'X-Cluster-Client-IP', 'True-Client-IP'],
  ...['X-Remote-User', 'Remote-User', 'X-Auth-Request-User', 'X-Auth-Request-Email'],
]

const otherSigns = [..."_.!#$%&'*+^`|~"] // RFC 9110 §5.6.2: all that a name may have beside letters, digits and the hyphen

/** How a client may spell a name so that one framework or another reads the same. */
export function spellingsOf(name: string): string[] {
  const spelled = otherSigns.flatMap((sign) => [name.replaceAll('-', sign), name.replace('-', sign)])
  return [name, name, name.toLowerCase(), name.toUpperCase(), ...spelled]
}

/** Targets that no token is needed for. */
export const publicTargets = [
  '/public',
  '/public/',
  '/public/x.css',
  '/public/a/b-c_d~e/f',
  '/public/x?next=/../private;x',
]

/**
 * Targets that need one: private ones, and all that some service might read as such, also by a query or a fragment that looks like a
 * public one (CVE-2025-54576, CVE-2026-41059 of oauth2-proxy).
 */
export const privateTargets = [
  '/',
  '/private',
  '//private',
  '///private',
  '/private/',
  '/private;x=1',
  '/./private',
  '/%70rivate',
  '/private%2fx',
  '/private?/public/x',
  '/private#/public/x',
  '/?/public/x',
  '/PUBLIC/x',
  '/publicx',
  '/public.x',
  '/public;/x',
  '//public/x',
  '/public//private',
  '/public//../private',
  '/public/../private',
  '/public/./../private',
  '/public/..',
  '/public/.',
  '/public/x/../../private',
  '/public/..;/private',
  '/public/..;x=1/private',
  '/public;/../private',
  '/public/%2e%2e/private',
  '/public/%2E%2E/private',
  '/public/.%2e/private',
  '/public/..%2fprivate',
  '/public/..%2Fprivate',
  '/public%2f..%2fprivate',
  '/public%2f../private',
  '/public/%252e%252e/private',
  '/public/..%252fprivate',
  '/public/..\\private',
  '/public\\..\\private',
  '/public/..%5cprivate',
  '/public/%c0%ae%c0%ae/private',
  '/public/..%c0%afprivate',
  '/public/%u002e%u002e/private',
  '/public/x%00/../private',
  '/public/%00',
  '/public/%0d%0aX-User-Id:%201',
  '/public/x#/../../private',
  '/public/x%23/../../private',
  '/public/x%3f/../../private',
  '/public/{http.request.method}/../../private', // CVE-2026-30852 of Caddy
  '/{http.request.header.X-Trick}/../private',
  '/public/$uri/../../private',
  '/.samurai-auth',
  '/.samurai-auth/../private',
  '/api/forward-auth',
  `http://${APP}/private`,
  `https://${APP}/private`,
  `http://${APP}/public/../private`,
  `http://${APP}//public/x`,
  `HTTP://${APP}/private`,
]

export const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'REPORT',
]

const head = (line: string, ...headers: string[]) => [line, `Host: ${APP}`, ...headers, '', ''].join('\r\n')
const hidden = head('GET /private HTTP/1.1', 'X-User-Id: spoofed', 'Connection: close')
const post = (...headers: string[]) => head('POST /public/x HTTP/1.1', ...headers)
const chunks = `0\r\n\r\n${hidden}`

/** Bytes of which a proxy and a service might make different requests. They ask for what is public and hide what is not. */
export const smuggled: readonly (readonly [title: string, bytes: string])[] = [
  ['two lengths', `${post('Content-Length: 0', `Content-Length: ${hidden.length}`)}${hidden}`],
  ['a list of lengths', `${post(`Content-Length: 0, ${hidden.length}`)}${hidden}`],
  ['a length and chunks', `${post(`Content-Length: ${chunks.length}`, 'Transfer-Encoding: chunked')}${chunks}`],
  ['chunks and a length', `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}${chunks}`],
  ['an unknown coding', `${post('Transfer-Encoding: xchunked', `Content-Length: ${chunks.length}`)}${chunks}`],
  ['chunked and another', `${post('Transfer-Encoding: chunked, identity')}${chunks}`],
  ['two codings', `${post('Transfer-Encoding: identity', 'Transfer-Encoding: chunked')}${chunks}`],
  ['a tab before the coding', `${post('Transfer-Encoding:\tchunked', 'Content-Length: 5')}${chunks}`],
  ['a space before the colon', `${post('Transfer-Encoding : chunked', `Content-Length: ${chunks.length}`)}${chunks}`],
  ['a vertical tab', `${post('Transfer-Encoding: \x0bchunked', `Content-Length: ${chunks.length}`)}${chunks}`],
  ['a folded coding', `${post('Transfer-Encoding:\r\n chunked', `Content-Length: ${chunks.length}`)}${chunks}`],
  ['a chunk size beyond all sizes', `${post('Transfer-Encoding: chunked')}10000000000000000\r\n${chunks}`],
  ['a chunk size in another base', `${post('Transfer-Encoding: chunked')}0x0\r\n\r\n${hidden}`],
  ['a signed length', `${post(`Content-Length: +${hidden.length}`)}${hidden}`],
  ['a length beyond all sizes', `${post('Content-Length: 18446744073709551616')}${hidden}`],
  ['lines without a return', `${post('X: y').replaceAll('\r\n', '\n')}${hidden}`],
  ['a body that GET does not have', `${head('GET /public/x HTTP/1.1', `Content-Length: ${hidden.length}`)}${hidden}`],
  ['a header with a return in it', `${head('GET /public/x HTTP/1.1', 'X: y\rX-User-Id: spoofed')}`],
  ['a header with a NUL in it', `${head('GET /public/x HTTP/1.1', 'X: y\0X-User-Id: spoofed')}`],
  ['a space in a name', `${head('GET /public/x HTTP/1.1', 'X-User-Id : spoofed', 'X User-Id: spoofed')}`],
  ['a folded header', `${head('GET /public/x HTTP/1.1', 'X: y', ' X-User-Id: spoofed', '\tX-User-Id: spoofed')}`],
  [
    'letters that only look alike',
    `${head('GET /public/x HTTP/1.1', 'X-U\u017fer-Id: spoofed', 'X-User-\u0130d: spoofed')}`,
  ],
  ['two hosts', `${head('GET /public/x HTTP/1.1', 'Host: auth.example.com')}`],
  ['two targets', `${head('GET /public/x /private HTTP/1.1')}`],
  ['a return in the target', `${head('GET /public/x\r/private HTTP/1.1')}`],
]

/** Request lines without a token that HTTP clients do not send. */
export const rawRequests: readonly (readonly [title: string, bytes: string])[] = [
  ['HTTP/1.0 without a host', 'GET /private HTTP/1.0\r\n\r\n'],
  ['HTTP/1.0', head('GET /private HTTP/1.0')],
  ['HTTP/0.9', 'GET /private\r\n'],
  ['no host', 'GET /private HTTP/1.1\r\n\r\n'],
  ['another port', `GET /private HTTP/1.1\r\nHost: ${APP}:8000\r\n\r\n`],
  ['a host in capitals with a dot', `GET /private HTTP/1.1\r\nHost: ${APP.toUpperCase()}.\r\n\r\n`],
  ['another host in the target', `GET http://auth.example.com/private HTTP/1.1\r\nHost: ${APP}\r\n\r\n`],
  ['a public path for a host', `GET http://public/private HTTP/1.1\r\nHost: ${APP}\r\n\r\n`],
  ['no slash', head('GET private HTTP/1.1')],
  ['a question about everything', head('OPTIONS * HTTP/1.1')],
  ['a tunnel', `CONNECT ${APP}:443 HTTP/1.1\r\nHost: ${APP}:443\r\n\r\n`],
  ['a method in small letters', head('get /private HTTP/1.1')],
  ['a method that nobody knows', head('BREW /private HTTP/1.1')],
  ['a tab before the version', head('GET /private\tHTTP/1.1')],
  ['an empty line before', `\r\n${head('GET /private HTTP/1.1')}`],
]
