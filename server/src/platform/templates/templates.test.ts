import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadTemplates, type TemplateSource } from './templates.ts'

const documents = { letter: { facts: ['name', 'link', 'list'], items: ['item'], required: ['link'] } }
const own = {
  'letter.html': '{{> top}}<p>{{words.hello}}</p><a href="{{link}}">{{name}}</a>',
  'letter.txt': '{{words.hello}}\n\n{{link}}\n{{#list}}{{item}}\n{{/list}}',
  '_top.html': '<b lang="{{language}}" dir="{{dir}}">{{service}}</b>',
  'words.en.json': { common: { direction: 'ltr', unused: '{{minutes}}' }, letter: { hello: "You're {{name}}" } },
  'words.ar.json': { common: { direction: 'rtl', unused: '' }, letter: { hello: 'أنت {{name}}' } },
}
const facts = { language: 'en', dir: 'ltr', start: 'left', service: 'Us', name: 'Ann', link: 'https://a?b&c', list: [] }

test('words and facts are put into a template, each escaped for where it is', (t) => {
  const { render, say } = load(t)
  const name = { isolated: '<b> & "q" \'s\' ' }
  assert.equal(
    render('letter', 'html', 'en', { ...facts, name }),
    '<b lang="en" dir="ltr">Us</b><p>You\'re <bdi>&lt;b&gt; &amp; &quot;q&quot; &#39;s&#39; </bdi></p><a href="https://a?b&amp;c"><bdi>&lt;b&gt; &amp; &quot;q&quot; &#39;s&#39; </bdi></a>',
  )
  assert.equal(
    say('letter', 'hello', 'en', { ...facts, name: 'Ann\r\nBcc: v@example.com' }),
    "You're Ann Bcc: v@example.com",
  )
})

test('in a text, a fact stays in its line and does not turn the line around', (t) => {
  const { render } = load(t)
  const text = (language: string, dir: string, name: string) =>
    render('letter', 'txt', language, { ...facts, dir, name: { isolated: name }, list: [{ item: '1' }, { item: '2' }] })
  assert.equal(
    text('en', 'ltr', 'Ann\n\nhttps://evil.example'),
    "You're Ann https://evil.example\n\nhttps://a?b&c\n1\n2\n",
  )
  assert.match(text('en', 'ltr', 'مريم'), /^You're \u2068مريم\u2069\n/)
  assert.match(text('ar', 'rtl', 'ann@example.com'), /^أنت \u2068ann@example\.com\u2069\n/)
})

test('CVE-2023-22621: code in a fact stays text', (t) => {
  const { render } = load(t)
  for (const name of ['{{link}}', '{{constructor.constructor}}', '#{7*7}', '<%= 7*7 %>', '{{{link}}}']) {
    const html = render('letter', 'html', 'en', { ...facts, name })
    assert.ok(html.includes(name.replace('<', '&lt;').replace('>', '&gt;')), html)
  }
})

test('a fact that is missing is a mistake of whoever renders', (t) => {
  const { name: _, ...rest } = facts
  assert.throws(() => load(t).render('letter', 'txt', 'en', rest), TypeError)
})

test('an operator’s file takes the place of one of ours, and words of ours that it names', (t) => {
  const override = folderOf(t, {
    'letter.txt': 'Mine: {{words.hello}} {{link}}',
    'words.ar.json': { letter: { hello: 'أهلا {{name}}' } },
  })
  const { render } = load(t, { override })
  assert.equal(render('letter', 'txt', 'ar', { ...facts, dir: 'rtl' }), 'Mine: أهلا Ann https://a?b&c')
  assert.match(render('letter', 'html', 'ar', facts), /أهلا/)
})

test('an operator’s words bring a language', (t) => {
  const words = { common: { direction: 'ltr', unused: '' }, letter: { hello: 'Du bist {{name}}' } }
  const { languages, render, always } = load(t, {
    override: folderOf(t, { 'words.de.json': words }),
    defaultLanguage: 'de',
  })
  assert.deepEqual(
    languages,
    ['de', 'ar', 'en'].sort((a, b) => Number(b === 'de') - Number(a === 'de') || (a < b ? -1 : 1)),
  )
  assert.match(render('letter', 'txt', 'de', facts), /^Du bist Ann\n/)
  assert.deepEqual([always('de').dir, always('ar')], ['ltr', { language: 'ar', dir: 'rtl', start: 'right' }])
})

const wrong: [why: string, files: Record<string, unknown>, message: RegExp][] = [
  ['an unknown variable', { 'letter.txt': '{{link}} {{lnik}}' }, /^letter\.txt: there is no \{\{lnik\}\}$/],
  ['a variable of every object', { 'letter.txt': '{{link}} {{constructor}}' }, /there is no \{\{constructor\}\}/],
  ['an unknown word', { 'letter.txt': '{{link}} {{words.bye}}' }, /there is no \{\{words\.bye\}\}/],
  [
    'an unknown variable in a word',
    { 'words.en.json': { letter: { hello: '{{x}}' } } },
    /words\.en\.json: "hello" of letter: there is no \{\{x\}\}/,
  ],
  ['a missing part', { 'letter.txt': '{{link}} {{> end}}' }, /^_end\.txt is missing$/],
  ['a part within itself', { '_top.html': '{{> top}}' }, /^_top\.html contains itself$/],
  ['no link where there must be one', { 'letter.txt': '{{words.hello}}' }, /^letter\.txt must show \{\{link\}\}$/],
  [
    'CVE-2023-27474: a value that is not escaped',
    { 'letter.html': '<a href="{{link}}">{{{name}}}</a>' },
    /values are always escaped/,
  ],
  [
    'CVE-2022-31127: a value that is not escaped, by another sign',
    { 'letter.html': '{{link}}{{& name}}' },
    /values are always escaped/,
  ],
  ['other delimiters', { 'letter.html': '{{link}}{{=<% %>=}}<%& name %>' }, /values are always escaped/],
  ['a section without end', { 'letter.txt': '{{link}}{{#name}}' }, /^letter\.txt: Unclosed section/],
  ['a file for nothing', { 'leter.txt': '' }, /leter\.txt takes the place of no template$/],
  ['a file that is no template', { 'letter.docx': '' }, /letter\.docx is no template$/],
  ['words for nothing', { 'words.en.json': { letter: { helo: '' } } }, /there is no text "letter\.helo"/],
  ['markup in words', { 'words.en.json': { letter: { hello: '<b>' } } }, /must be one line without <, > and &/],
  ['a line break in words', { 'words.en.json': { letter: { hello: 'a\nb' } } }, /must be one line/],
  [
    'a language that is not complete',
    { 'words.de.json': { common: { direction: 'ltr', unused: '' } } },
    /^words\.de\.json: the text "letter\.hello" is missing$/,
  ],
  ['words that are no texts', { 'words.en.json': { letter: { hello: 1 } } }, /must be a text/],
]
for (const [why, files, message] of wrong)
  test(`${why} stops the start`, (t) => {
    assert.throws(() => load(t, { override: folderOf(t, files) }), { message })
  })

test('a default language without words stops the start', (t) => {
  assert.throws(() => load(t, { defaultLanguage: 'de' }), { message: /no words in the language "de"/ })
})

function load(t: TestContext, changes: Partial<TemplateSource> = {}) {
  return loadTemplates({
    folder: folderOf(t, own),
    kinds: ['html', 'txt'],
    documents,
    defaultLanguage: 'en',
    ...changes,
  })
}

function folderOf(t: TestContext, files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-templates-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  return folder
}
