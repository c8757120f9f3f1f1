import { formatCount, formatSessions } from '../format.ts'
import { html, type Html } from '../html.ts'
import { layout, type Site } from './layout.ts'

/** What the question before ending sessions is about: these ids, or all sessions of this owner. */
export interface EndView {
  readonly ids: readonly string[]
  readonly owner: string | null
  /** How many sessions the owner has. */
  readonly count: number
  readonly includesOwn: boolean
  /** The query of the list to go back to. */
  readonly back: string
}

/** Asks whether sessions shall be ended. */
export function endPage (site: Site, { ids, owner, count, includesOwn, back }: EndView): Html {
  const what = owner !== null
    ? `all sessions of ${owner} (${formatCount(count)})`
    : ids.length === 1 ? 'this session' : formatSessions(ids.length)
  return layout(site, {
    heading: 'End sessions',
    section: 'sessions',
    content: html`<div class="question">
<h1>End ${what}?</h1>
<p>Who uses ${ids.length === 1 ? 'it' : 'them'} is signed out with the next request. This cannot be undone.</p>
${includesOwn && html`<p class="warning"><strong>Your own session is among them:</strong> you will have to sign in again.</p>`}
${ids.length > 0 && html`<ul class="ids">${ids.slice(0, 5).map(id => html`<li><code>${id}</code></li>`)}${ids.length > 5 && html`<li>and ${ids.length - 5} more</li>`}</ul>`}
<form method="post" action="${site.prefix}/end" class="pages">
${ids.map(id => html`<input type="hidden" name="id" value="${id}">`)}
${owner !== null && html`<input type="hidden" name="owner" value="${owner}">`}
<input type="hidden" name="back" value="${back}">
<input type="hidden" name="confirmed" value="yes">
<button class="danger filled">End ${ids.length === 1 ? 'session' : 'sessions'}</button>
<a class="button" href="${site.prefix || '/'}${back}">Cancel</a>
</form>
</div>`
  })
}
