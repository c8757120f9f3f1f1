import { html, type Html } from '../html.ts'

/** Where the dashboard is, and what it is called. */
export interface Site {
  readonly title: string
  /** The path that all addresses begin with; empty at the root. */
  readonly prefix: string
  /** The address of a style sheet or script. */
  readonly asset: (name: string) => string
}

/** What a page is made of. */
export interface PageParts {
  readonly heading: string
  /** The entry of the navigation that this page belongs to. */
  readonly section: 'sessions' | 'activity'
  readonly content: Html
  /** Names of the scripts that improve the page. */
  readonly scripts?: readonly string[]
  readonly styles?: readonly string[]
  /** Without JavaScript the page loads itself again after so many seconds. */
  readonly reloadAfter?: number | null
  /** Whether a switch for live updates is shown. */
  readonly isLive?: boolean
}

/** A whole page. */
export function layout ({ title, prefix, asset }: Site, page: PageParts): Html {
  const { heading, section, content, scripts = [], styles = [], reloadAfter = null, isLive = false } = page
  const link = (name: PageParts['section'], path: string, text: string) =>
    html`<a href="${path}"${name === section && html` aria-current="page"`}>${text}</a>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${heading === title ? title : `${heading} · ${title}`}</title>
<link rel="icon" href="${asset('icon.svg')}" type="image/svg+xml">
${[...styles, 'dashboard.css'].map(name => html`<link rel="stylesheet" href="${asset(name)}">\n`)}
${scripts.map(name => html`<script type="module" src="${asset(name)}"></script>\n`)}
${reloadAfter !== null && html`<noscript><meta http-equiv="refresh" content="${reloadAfter}"></noscript>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
<p class="brand"><a href="${prefix || '/'}"><img src="${asset('icon.svg')}" alt="" width="24" height="24">${title}</a></p>
<nav aria-label="Dashboard">
${link('sessions', prefix || '/', 'List')}
${link('activity', `${prefix}/activity`, 'Activity')}
</nav>
${isLive && html`<button type="button" class="live" data-live-switch hidden aria-pressed="true"><span class="dot" aria-hidden="true"></span><span data-live-label>Live</span></button>`}
</header>
<main id="main" tabindex="-1">
${content}
</main>
</body>
</html>
`
}

/** A page that says one thing. */
export function messagePage (site: Site, heading: string, text: string): Html {
  return layout(site, {
    heading,
    section: 'sessions',
    content: html`<h1>${heading}</h1><p>${text}</p><p><a class="button" href="${site.prefix || '/'}">All sessions</a></p>`
  })
}
