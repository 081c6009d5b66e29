/** The tools of a forger of tokens: keys of their own, and every way to sign what nobody should take. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Claims } from '../scenario.ts'

/** What a forger has: a token that was good, what stands in it, and the public key. */
export type Loot = { token: string; claims: Claims; kid: string; jwk: Record<string, string>; publicKey: KeyObject }
export type Forgery = readonly [title: string, forge: (loot: Loot) => string]

export const forger = {
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: generateKeyPairSync('ed25519'),
}

/** RFC 7518 §3.4: the two numbers side by side. */
export const dsaEncoding = 'ieee-p1363'

export const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
export const input = (header: object | string, claims: object) => `${encode(header)}.${encode(claims)}`
export const bytes = (text = '') => Buffer.from(text, 'base64url')
export const signatureOf = ({ token }: Loot) => token.slice(token.lastIndexOf('.') + 1)

export function withSignature({ token }: Loot, signature: Buffer): string {
  return `${token.slice(0, token.lastIndexOf('.'))}.${signature.toString('base64url')}`
}

/** @param header as an object, or as the text that stands in its place */
export function jws(header: object | string, claims: object, signInput: (input: Buffer) => Buffer): string {
  const text = input(header, claims)
  return `${text}.${signInput(Buffer.from(text)).toString('base64url')}`
}

export function hmac(
  header: object,
  claims: object,
  secret: string | Buffer,
  alg = (header as { alg: string }).alg,
): string {
  return jws(header, claims, (data) => createHmac(alg.replace('HS', 'sha'), secret).update(data).digest())
}

export function es256(header: object, claims: object): string {
  return jws(header, claims, (data) => sign('sha256', data, { key: forger.p256.privateKey, dsaEncoding }))
}

/** As OpenSSH writes it (RFC 5656 §3.1). */
export function sshKey({ x, y }: Record<string, string>): string {
  const field = (value: Buffer) => Buffer.concat([Buffer.of(0, 0, 0, value.length), value])
  const point = Buffer.concat([Buffer.of(4), bytes(x), bytes(y)])
  const blob = [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point].map(field)
  return `ecdsa-sha2-nistp256 ${Buffer.concat(blob).toString('base64')}`
}

/** The two numbers of a signature as ASN.1, which JOSE does not use (RFC 7518 §3.4). */
export function derOf(signature: Buffer): Buffer {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((number) => {
    const positive = (number[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), number]) : number
    return Buffer.concat([Buffer.of(2, positive.length), positive])
  })
  const body = Buffer.concat(numbers)
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

export function jsonJws(token: string): string {
  const [header, payload, signature] = token.split('.')
  return JSON.stringify({ protected: header, payload, signature })
}

/** The next character of base64url: at the end of 64 bytes it decodes to the same bytes. */
export function nextInAlphabet(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet.charAt((alphabet.indexOf(character) + 1) % 64)
}
