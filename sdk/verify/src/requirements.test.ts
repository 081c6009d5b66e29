import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyRequirements, checkRequirements, type Requirements } from './requirements.ts'
import type { VerifiedToken } from './token.ts'

const NOW = 10_000
const token = {
  scopes: ['read', 'write'],
  roles: ['editor'],
  permissions: ['orders:read', 'orders:write'],
  claims: { acr: 'aal2', auth_time: NOW - 300 },
} as unknown as VerifiedToken
const bare = { scopes: [], roles: [], permissions: [], claims: {} } as unknown as VerifiedToken

function outcome(from: VerifiedToken, requirements: Requirements): string {
  try {
    applyRequirements(from, requirements, NOW, 5)
    return 'met'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('requirements', () => {
  const cases: [Requirements, string, string][] = [
    [{}, 'met', 'met'],
    [{ requireScopes: [] }, 'met', 'met'],
    [{ requireScopes: ['read'] }, 'met', 'scope'],
    [{ requireScopes: ['write', 'read'] }, 'met', 'scope'],
    [{ requireScopes: ['read', 'delete'] }, 'scope', 'scope'],
    [{ requireScopes: ['Read'] }, 'scope', 'scope'],
    [{ requireScopes: ['rea'] }, 'scope', 'scope'],
    [{ requireRoles: ['editor'] }, 'met', 'role'],
    [{ requirePermissions: ['orders:read'] }, 'met', 'permission'],
    [{ requirePermissions: ['orders:read', 'orders'] }, 'permission', 'permission'],
    [{ requireRoles: ['editor', 'admin'] }, 'role', 'role'],
    [{ requireAcr: ['aal3', 'aal2'] }, 'met', 'acr'],
    [{ requireAcr: ['aal3'] }, 'acr', 'acr'],
    [{ requireAcr: [] }, 'acr', 'acr'],
    [{ requireMaxAge: 300 }, 'met', 'max-age'],
    [{ requireMaxAge: 296 }, 'met', 'max-age'],
    [{ requireMaxAge: 294 }, 'max-age', 'max-age'],
    [{ requireMaxAge: 0 }, 'max-age', 'max-age'],
  ]
  for (const [requirements, withAll, withNothing] of cases) {
    it(`${JSON.stringify(requirements)}: ${withAll}, and of a bare token: ${withNothing}`, () => {
      assert.equal(outcome(token, requirements), withAll)
      assert.equal(outcome(bare, requirements), withNothing)
    })
  }

  const wrong: object[] = [
    { requireScope: ['read'] },
    { requireScopes: 'read' },
    { requireScopes: ['read write'] },
    { requireScopes: ['a"b'] },
    { requireScopes: [''] },
    { requireRoles: [7] },
    { requireMaxAge: '300' },
    { requireMaxAge: -1 },
    { requireMaxAge: Number.NaN },
  ]
  for (const requirements of wrong) {
    it(`${JSON.stringify(requirements)} is a mistake, not a requirement that is always met`, () => {
      assert.throws(() => checkRequirements(requirements), TypeError)
    })
  }
})
