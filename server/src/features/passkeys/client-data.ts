/** The client data of a ceremony (WebAuthn §5.8.1): what the browser says that it asked, and for whom. */

export type ClientData = { challenge: string; isCrossOrigin: boolean }

/** Reads it; undefined when it is none. Nothing of it is believed: whatever is signed is checked later. */
export function readClientData(response: unknown): ClientData | undefined {
  const data = parse(memberOf(memberOf(response, 'response'), 'clientDataJSON'))
  const challenge = memberOf(data, 'challenge')
  if (typeof challenge !== 'string') return undefined
  const isCrossOrigin = memberOf(data, 'crossOrigin') === true || memberOf(data, 'topOrigin') !== undefined
  return { challenge, isCrossOrigin }
}

/** A member of an object that may be anything. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

function parse(encoded: unknown): unknown {
  if (typeof encoded !== 'string') return undefined
  try {
    return JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return undefined
  }
}
