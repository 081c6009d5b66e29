import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminPermissions, builtInRoles, covers, isPermission, isRoleName, neededFor } from './role.ts'

const cases: [title: string, held: string[], wanted: string[], expected: boolean][] = [
  ['nobody needs anything for nothing', [], [], true],
  ['nobody holds nothing', [], ['users:read'], false],
  ['a word is itself', ['users:read'], ['users:read'], true],
  ['a word is no other word', ['users:read'], ['users:write'], false],
  ['a beginning of a word is not the word', ['users'], ['users:read'], false],
  ['everything is every word', ['*'], ['users:read', 'orders:write'], true],
  ['every word is not everything', ['users:read'], ['*'], false],
  ['everything is everything', ['*'], ['*'], true],
  ['all are needed', ['a', 'b'], ['a', 'b', 'c'], false],
]
for (const [title, held, wanted, expected] of cases) {
  test(`permissions: ${title}`, () => assert.equal(covers(held, wanted), expected))
}

test('a role asks of whoever gives it for what is in it, and for everything where nothing is', () => {
  assert.deepEqual(neededFor(['a', 'b']), ['a', 'b'])
  assert.deepEqual(neededFor([]), ['*'])
})

test('the roles that come with the service hold words that the admin API asks for', () => {
  for (const { name, permissions } of builtInRoles) {
    assert.ok(isRoleName(name))
    for (const word of permissions) assert.ok(word === '*' || Object.hasOwn(adminPermissions, word), word)
  }
})

test('names and permissions are words that fit into a header and a claim', () => {
  for (const name of ['', 'Admin', 'a,b', 'a b', 'ä', '1a', '*', 'a'.repeat(51)]) assert.equal(isRoleName(name), false)
  for (const word of ['', '*', 'users:*', 'Users:read', 'a b', 'a:b:c:d', ':a']) assert.equal(isPermission(word), false)
  for (const word of ['orders', 'orders:read', 'orders:lines:read']) assert.equal(isPermission(word), true)
})
