/**
 * Signature algorithms that tokens may be signed with, by their JOSE names: RFC 7518 §3.1 (ES256, RS256, PS256), RFC 8037 §3.1
 * (EdDSA), FIPS 204 with AKP keys (ML-DSA).
 */
export const signatureAlgorithms = ['ES256', 'EdDSA', 'RS256', 'PS256', 'ML-DSA-44', 'ML-DSA-65'] as const

export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]
