import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLanguage } from './language.ts'

const wishes: [wanted: string | null | undefined, language: string][] = [
  ['ar', 'ar'],
  ['AR-eg', 'ar'],
  ['ar-EG,ar;q=0.9,en;q=0.8', 'ar'],
  ['de,ar;q=0.5', 'ar'],
  ['en;q=0.1,ar;q=0.2', 'ar'],
  ['ar;q=0,de', 'en'],
  ['pt-BR', 'pt-BR'],
  ['pt', 'en'],
  ['de', 'en'],
  ['*', 'en'],
  ['', 'en'],
  [null, 'en'],
  [undefined, 'en'],
  [',;q=,-,--;', 'en'],
]

for (const [wanted, language] of wishes)
  test(`${wanted} is answered in ${language}`, () =>
    assert.equal(chooseLanguage(['en', 'ar', 'pt-BR'], wanted), language))
