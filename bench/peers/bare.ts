/**
 * The bare server: takes the body, parses it, answers `{}`. It is the most that Node can do on a machine, so it shows what our own
 * code adds. `node peers/bare.ts <port> <processes>`; several processes share the port through node:cluster.
 */
import cluster from 'node:cluster'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const answer = Buffer.from('{}')
const headers = { 'content-type': 'application/json', 'content-length': answer.length }

function respond(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    JSON.parse(Buffer.concat(parts).toString('utf8'))
    response.writeHead(200, headers).end(answer)
  })
}

const port = Number(process.argv[2])
const processes = Number(process.argv[3] ?? 1)

if (cluster.isPrimary && processes > 1) {
  for (let started = 0; started < processes; started += 1) cluster.fork()
} else {
  createServer(respond).listen(port, '127.0.0.1')
}
