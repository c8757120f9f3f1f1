import { exactTime, formatBytes, relativeTime } from '../format.ts'
import { html, type Html } from '../html.ts'
import type { Redactor } from '../redact.ts'
import type { SessionRow } from '../source.ts'
import { layout, type Site } from './layout.ts'

/** What the page of one session shows. */
export interface SessionView {
  readonly row: SessionRow
  readonly isOwn: boolean
  readonly redactor: Redactor
  readonly now: number
}

/** The page of one session. */
export function sessionPage (site: Site, { row, isOwn, redactor, now }: SessionView): Html {
  const { id, session, lastUsedAt, expiresAt, size } = row
  return layout(site, {
    heading: 'Session',
    section: 'sessions',
    scripts: ['dashboard.js'],
    isLive: true,
    content: html`<div class="title">
<h1>Session <code class="id">${id}</code>${isOwn && html` <span class="badge">yours</span>`}</h1>
<form method="post" action="${site.prefix}/end"><input type="hidden" name="id" value="${id}"><button class="danger">End this session</button></form>
</div>
<div id="facts" data-live>
<dl class="facts">
<div><dt>Last used</dt><dd>${relativeTime(lastUsedAt, now)} <small>${exactTime(lastUsedAt)}</small></dd></div>
<div><dt>Expires</dt><dd>${expiresAt === null ? 'by the store’s ttl' : html`${relativeTime(expiresAt, now)} <small>${exactTime(expiresAt)}</small>`}</dd></div>
<div><dt>Size</dt><dd>${formatBytes(size)}</dd></div>
</dl>
</div>
<h2 id="content">Content</h2>
<div id="json" data-live>
${session === null
    ? html`<p class="note">It has expired, or its file cannot be read.</p>`
    : html`<pre tabindex="0" role="region" aria-labelledby="content"><code>${redactor.toJson(session)}</code></pre>`}
</div>
<p><a class="button" href="${site.prefix || '/'}">All sessions</a></p>`
  })
}
