/** The relying party (WebAuthn §4) that the settings describe. */

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
