import type { StoredSession } from '../../index.ts'
import { formatBytes, formatCount, formatSessions, relativeTime } from '../format.ts'
import { html, type Html } from '../html.ts'
import type { Counts } from '../index/counts.ts'
import type { Redactor } from '../redact.ts'
import { start } from '../search/cursor.ts'
import { matchLimit } from '../search/field-search.ts'
import type { Found } from '../search/find.ts'
import type { Page } from '../search/listing.ts'
import { formatListQuery, type ListQuery } from '../search/query.ts'
import { canEnd, type SessionRow } from '../source.ts'
import { explain } from './explain.ts'
import { layout, type Site } from './layout.ts'
import { tiles } from './tiles.ts'

/** What the list shows. */
export interface ListView {
  readonly query: ListQuery
  readonly page: Page
  readonly found: Found
  readonly counts: Counts | null
  /** How many session files were seen, while the directory is read for the first time. */
  readonly reading: number | null
  /** The directory cannot be read. */
  readonly hasFailed: boolean
  /** More sessions than the index keeps. */
  readonly isPartial: boolean
  readonly knowsOwners: boolean
  /** The operator's own session. */
  readonly ownId: string | null
  /** How many sessions were just ended, when this page follows that. */
  readonly ended: number | null
  readonly redactor: Redactor
  readonly now: number
}

// In characters: about one line of the list.
const previewLength = 100

/** The page with the list of sessions. */
export function listPage (site: Site, view: ListView): Html {
  const { query, found, reading, ended, counts, now } = view
  return layout(site, {
    heading: site.title,
    section: 'sessions',
    scripts: ['dashboard.js'],
    isLive: true,
    reloadAfter: reading !== null || found.searching !== undefined ? 2 : null,
    content: html`<h1 class="visually-hidden">${site.title}</h1>
${ended !== null && html`<p class="message" role="status">${formatSessions(ended)} ended.</p>`}
${tiles(counts, now)}
${searchForm(site, view)}
<section aria-labelledby="results">
${resultsHead(view)}
<div id="rows" data-live>
${view.page.rows.length > 0 && table(site, view)}
</div>
<div id="pages" data-live class="pages">
${query.cursor !== start && html`<a class="button" href="${site.prefix || '/'}${formatListQuery({ ...query, cursor: start })}">Newest</a>`}
${view.page.next !== null && html`<a class="button" rel="next" href="${site.prefix || '/'}${formatListQuery({ ...query, cursor: view.page.next })}">Older</a>`}
${endForms(site, view)}
</div>
</section>`
  })
}

function searchForm ({ prefix }: Site, { query: { scope, text }, knowsOwners }: ListView): Html {
  const option = (value: string, name: string) => html`<option value="${value}"${value === scope && html` selected`}>${name}</option>`
  return html`<form class="search" role="search" action="${prefix || '/'}">
<label for="in">Search by</label>
<select id="in" name="in">${option('id', 'Id')}${knowsOwners && option('owner', 'Owner')}${option('field', 'Field')}</select>
<label for="q" class="visually-hidden">Search for</label>
<input id="q" name="q" type="search" value="${text}" placeholder="an id, or a part of one" autocomplete="off" spellcheck="false" aria-describedby="help">
<button class="primary">Search</button>
<p id="help" class="note">A field: <code>user.name=Ada</code>, <code>user.name~ad</code> (contains) or <code>user.name</code> (is there).</p>
</form>`
}

function resultsHead ({ query, found, reading, hasFailed, isPartial, page }: ListView): Html {
  const { total, searching, isFull, problem } = found
  const isSearch = query.text !== ''
  const heading = isSearch
    ? `${isFull ? `The first ${formatCount(matchLimit)}` : formatCount(total ?? 0)} found for “${query.text}”`
    : 'Last used first'
  const notes = [
    problem,
    searching !== undefined && `Searching: ${formatSessions(searching)} read so far.`,
    hasFailed && 'The directory of the sessions cannot be read. The server’s log may say why.',
    reading !== null && `Reading the directory: ${formatSessions(reading)} so far. Search by an exact id works already.`,
    isPartial && !isSearch && 'There are more sessions than this list keeps. Search by an exact id finds the others.',
    reading === null && !hasFailed && problem === undefined && searching === undefined && page.rows.length === 0 &&
      (isSearch ? 'No session matches.' : 'There are no sessions.')
  ]
  return html`<div id="head" data-live>
<h2 id="results" tabindex="-1">${heading}</h2>
${notes.map(note => typeof note === 'string' && html`<p class="note">${note}</p>`)}
</div>`
}

function table (site: Site, view: ListView): Html {
  return html`<table class="sessions">
<thead><tr><th scope="col">Session</th><th scope="col">Last used</th><th scope="col">Expires</th><th scope="col" class="number">Size</th><th scope="col"><span class="visually-hidden">End</span></th></tr></thead>
<tbody>
${view.page.rows.map(row => tableRow(site, view, row))}
</tbody>
</table>`
}

function tableRow ({ prefix }: Site, { ownId, redactor, query, now }: ListView, row: SessionRow): Html {
  const { id, session, lastUsedAt, expiresAt, size, owner } = row
  return html`<tr id="session-${id}">
<td class="session"><a class="id" href="${prefix}/session?id=${encodeURIComponent(id)}">${id}</a>${id === ownId && html` <span class="badge">yours</span>`}${owner !== null && html` <span class="owner">${owner}</span>`}
<span class="preview">${typeof session === 'string' ? explain(session) : preview(session, redactor)}</span></td>
<td data-label="Last used">${relativeTime(lastUsedAt, now)}</td>
<td data-label="Expires">${expiresAt === null ? '–' : relativeTime(expiresAt, now)}</td>
<td data-label="Size" class="number">${formatBytes(size)}</td>
<td class="action">${canEnd(row) && html`<form method="post" action="${prefix}/end"><input type="hidden" name="id" value="${id}"><input type="hidden" name="back" value="${formatListQuery(query)}"><button class="quiet" aria-label="End session ${id}">End</button></form>`}</td>
</tr>
`
}

function preview (session: StoredSession, redactor: Redactor): string {
  const fields = Object.entries(session).filter(([name]) => name !== 'cookie' && !redactor.hides(name))
  const text = fields.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : redactor.toJson(value, 0)}`).join(' · ')
  if (text === '') return 'No fields to show'
  return text.length > previewLength ? `${text.slice(0, previewLength - 1)}…` : text
}

function endForms ({ prefix }: Site, { query, page, found }: ListView): Html {
  const back = html`<input type="hidden" name="back" value="${formatListQuery(query)}">`
  const rows = page.rows.filter(canEnd)
  const isOwner = query.scope === 'owner' && query.text !== '' && (found.total ?? 0) > 0
  return html`<span class="space"></span>
${isOwner && html`<form method="post" action="${prefix}/end">${back}<input type="hidden" name="owner" value="${query.text}"><button class="danger">End all of ${query.text}</button></form>`}
${rows.length > 1 && html`<form method="post" action="${prefix}/end">${back}${rows.map(({ id }) => html`<input type="hidden" name="id" value="${id}">`)}<button class="danger">End the ${rows.length} shown</button></form>`}`
}
