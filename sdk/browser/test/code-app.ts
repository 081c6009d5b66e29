/** A user's app for one-time codes: RFC 6238 with SHA-1, six digits, 30 seconds. */
import { createHmac } from 'node:crypto'
import type { Service } from './service.ts'

/** Gives whoever the access token speaks for such an app. @returns the recovery codes that come with it */
export async function enrolApp({ port }: Service, access: string | undefined): Promise<string[]> {
  const ask = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${access}` }
    const address = `http://127.0.0.1:${port}/api/account/totp${path}`
    return (await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })).json()
  }
  const { secret } = (await ask('/enrolment', {})) as { secret: string }
  const { recovery_codes } = (await ask('', { code: codeNow(secret) })) as { recovery_codes: string[] }
  return recovery_codes
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567' // base 32, RFC 4648 §6

function codeNow(secret: string): string {
  const bits = [...secret].map((character) => ALPHABET.indexOf(character).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac[19] ?? 0) % 16
  return String((mac.readUInt32BE(offset) % 2 ** 31) % 1_000_000).padStart(6, '0')
}
