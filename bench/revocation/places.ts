/** Where a token is shown: each process of the service, and a verifier of sdk/verify. */
import { Agent, request } from 'node:http'
import { createVerifier, TokenError } from '../../sdk/verify/src/index.ts'
import type { Deployment } from './deployment.ts'

export type Place = {
  name: string
  /** Whether the token is refused there because its session has ended. @throws Error when it is refused for another reason */
  refuses(accessToken: string): Promise<boolean>
  close(): void
}

const AUDIENCE = 'samurai' // the default of TOKEN_AUDIENCE
const CONNECTIONS_TRIED = 50

export async function findPlaces(deployment: Deployment): Promise<Place[]> {
  const { addresses, processes } = deployment
  const places: Place[] = []
  for (const [index, address] of addresses.entries()) {
    const found = await findProcesses(address, processes)
    const names = found.map((_, process) => `process ${index * processes + process + 1}`)
    places.push(...found.map((place, process) => ({ ...place, name: names[process] ?? '' })))
  }
  return [...places, await startVerifier(addresses)]
}

/** A connection to each process: the primary hands them out, and the id of an answer names the process. */
async function findProcesses(address: string, processes: number): Promise<Omit<Place, 'name'>[]> {
  const found = new Map<string, Agent>()
  for (let tried = 0; found.size < processes; tried++) {
    if (tried === CONNECTIONS_TRIED) throw new Error(`${found.size} of ${processes} processes answer at ${address}`)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { process } = await show('nothing', address, agent)
    if (found.has(process)) agent.destroy()
    else found.set(process, agent)
  }
  return [...found.values()].map((agent) => ({
    refuses: async (token) => (await show(token, address, agent)).isRefused,
    close: () => agent.destroy(),
  }))
}

function show(token: string, address: string, agent: Agent): Promise<{ isRefused: boolean; process: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const asked = request(new URL('/api/token/verify', address), { method: 'POST', agent, headers })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const { statusCode } = response
      response.on('error', reject)
      response.on('end', () => {
        const [process = ''] = String(response.headers['x-request-id']).split('-')
        if (statusCode === 200 || statusCode === 401) resolve({ isRefused: statusCode === 401, process })
        else reject(new Error(`verify at ${address} answered ${statusCode}`))
      })
      response.resume()
    })
    asked.end(JSON.stringify({ token }))
  })
}

/** The feed comes from the service that knows it last. */
async function startVerifier(addresses: readonly string[]): Promise<Place> {
  const [issuer = ''] = addresses
  const url = new URL('/api/revocations', addresses.at(-1)).href
  const verifier = createVerifier({ issuer, audience: AUDIENCE, revocations: { url } })
  await verifier.ready()
  return {
    name: 'verifier of sdk/verify',
    close: verifier.close,
    async refuses(token) {
      try {
        verifier.verifySync(token)
        return false
      } catch (error) {
        if (error instanceof TokenError && error.code === 'revoked') return true
        throw error
      }
    },
  }
}
