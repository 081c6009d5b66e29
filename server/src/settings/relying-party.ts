/** The relying party (WebAuthn §4) that the settings describe. */
import { domainName, originList, type Setting, text } from './setting.ts'

/** A part of the table of settings. */
export const relyingPartySettings = {
  webauthnRpId: {
    names: ['WEBAUTHN_RP_ID'],
    read: domainName,
    reason:
      'Relying party id: the domain that passkeys belong to for good. That of PUBLIC_URL, or a domain above it. Default: the host of PUBLIC_URL.',
  },
  webauthnRpName: {
    names: ['WEBAUTHN_RP_NAME'],
    read: text(),
    reason: 'How authenticators and code apps name the service to the person. Default: SERVICE_NAME.',
  },
  webauthnRelatedOrigins: {
    names: ['WEBAUTHN_RELATED_ORIGINS'],
    read: originList,
    fallback: '',
    reason:
      'Other origins whose pages may use the passkeys, as a list such as `https://example.net, https://example.org`: told at `/.well-known/webauthn`. Browsers look at five domains.',
  },
} as const satisfies Record<string, Setting<unknown>>

export type RelyingPartySettings = {
  id: string
  name: string
  /** The origin of PUBLIC_URL first. */
  origins: readonly [string, ...string[]]
}

/**
 * The id is the domain that passkeys are bound to: the host of PUBLIC_URL, unless another is chosen.
 *
 * @throws TypeError when browsers would refuse that id on the pages of PUBLIC_URL: what the id should be
 */
export function relyingPartyOf(
  publicUrl: string,
  chosen: { id: string | undefined; name: string; relatedOrigins: readonly string[] },
): RelyingPartySettings {
  const { hostname, origin } = new URL(publicUrl)
  const id = chosen.id ?? hostname
  const isAbove = hostname === id || hostname.endsWith(`.${id}`) // WebAuthn §5.1.3 step 8
  if (!isAbove && !chosen.relatedOrigins.includes(origin))
    throw new TypeError(
      `must be ${hostname} or a domain above it, or WEBAUTHN_RELATED_ORIGINS must name ${origin} (see docs/how-to/use-passkeys-and-second-factors.md)`,
    )
  return { id, name: chosen.name, origins: [origin, ...chosen.relatedOrigins.filter((related) => related !== origin)] }
}
