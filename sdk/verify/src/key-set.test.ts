import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allAlgorithms } from './algorithms.ts'
import { readKeySet } from './key-set.ts'

type Vector = { source: string; jwk: Record<string, string>; input: string; signature: string }

const vectors: Vector[] = [
  {
    source: 'RFC 7515 appendix A.3 (ES256)',
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      alg: 'ES256',
    },
    input:
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  },
  {
    source: 'RFC 8037 appendix A.4 (EdDSA)',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', alg: 'EdDSA' },
    input: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
    signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
]

describe('keys of a set verify what the standards signed', () => {
  for (const { source, jwk, input, signature } of vectors) {
    it(source, () => {
      const set = readKeySet({ keys: [{ ...jwk, kid: 'a' }] }, allAlgorithms, () => assert.fail('ignored'))
      const key = set.get('a')
      assert.equal(key?.verify(Buffer.from(input), Buffer.from(signature, 'base64url')), true)
      assert.equal(key?.verify(Buffer.from(`${input}x`), Buffer.from(signature, 'base64url')), false)
    })
  }
})
