import { exactTime, formatBytes, relativeTime } from '../format.ts'
import { html, type Html } from '../html.ts'
import type { Redactor } from '../redact.ts'
import { start } from '../search/cursor.ts'
import { formatListQuery } from '../search/query.ts'
import { canEnd, type SessionRow } from '../source.ts'
import { explain } from './explain.ts'
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
  const { id, session, lastUsedAt, expiresAt, size, owner } = row
  return layout(site, {
    heading: 'Session',
    section: 'sessions',
    scripts: ['dashboard.js'],
    isLive: true,
    content: html`<div class="title">
<h1>Session <code class="id">${id}</code>${isOwn && html` <span class="badge">yours</span>`}</h1>
${canEnd(row) && html`<form method="post" action="${site.prefix}/end"><input type="hidden" name="id" value="${id}"><button class="danger">End this session</button></form>`}
</div>
<div id="facts" data-live>
<dl class="facts">
${owner !== null && html`<div><dt>Owner</dt><dd><a href="${site.prefix || '/'}${formatListQuery({ scope: 'owner', text: owner, cursor: start })}">${owner}</a></dd></div>`}
<div><dt>Last used</dt><dd>${relativeTime(lastUsedAt, now)} <small>${exactTime(lastUsedAt)}</small></dd></div>
<div><dt>Expires</dt><dd>${expiresAt === null ? '–' : html`${relativeTime(expiresAt, now)} <small>${exactTime(expiresAt)}</small>`}</dd></div>
<div><dt>Size</dt><dd>${formatBytes(size)}</dd></div>
</dl>
</div>
<h2 id="content">Content</h2>
<div id="json" data-live>
${typeof session === 'string'
    ? html`<p class="note">${explain(session)}</p>`
    : html`<pre tabindex="0" role="region" aria-labelledby="content"><code>${redactor.toJson(session)}</code></pre>`}
</div>
<p><a class="button" href="${site.prefix || '/'}">All sessions</a></p>`
  })
}
