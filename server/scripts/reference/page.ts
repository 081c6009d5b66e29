import { readFile } from 'node:fs/promises'
import { type Html, html } from './html.ts'

export type Page = { title: string; about: string; introduction: Html; navigation: Html; main: Html }

/** A page that needs neither scripts nor anything else that is not in it. */
export async function renderPage({ title, about, introduction, navigation, main }: Page): Promise<string> {
  const style = await readFile(new URL('page.css', import.meta.url), 'utf8')
  const page = html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="description" content="${about}">
<style>
${{ html: style }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="frame">
<header>
<h1>${title}</h1>
${introduction}
</header>
<div class="columns">
<nav aria-label="On this page">
${navigation}
</nav>
<main id="main">
${main}
</main>
</div>
</div>
</body>
</html>
`
  return page.html.replaceAll(/\n{2,}/g, '\n')
}
