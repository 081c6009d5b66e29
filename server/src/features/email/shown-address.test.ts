import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownAddress } from './shown-address.ts'

const shown: [address: string, text: string][] = [
  ['Ann.Lee+news-1@exämple.com', 'Ann.Lee+news-1@exämple.com'],
  ['ann+evil.example/prize@example.com', '…@example.com'],
  ["o'neil@example.com", '…@example.com'],
  ['a?b=c&d@example.com', '…@example.com'],
]

for (const [address, text] of shown)
  test(`${address} is shown as ${text}`, () => assert.equal(shownAddress(address), text))
