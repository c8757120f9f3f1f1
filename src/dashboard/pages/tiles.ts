import { formatBytes, formatCount, formatDuration } from '../format.ts'
import { html, type Html } from '../html.ts'
import type { Counts } from '../index/counts.ts'

const minutes = 60_000

/** The most important numbers. */
export function tiles (counts: Counts | null, now: number): Html {
  const tile = (name: string, value: string, note = '') => html`<div class="tile"><dt>${name}</dt><dd>${value}${note !== '' && html` <small>${note}</small>`}</dd></div>`
  const used = (age: number) => counts === null ? '–' : formatCount(counts.usedWithin(age))
  const age = counts === null ? 0 : now - counts.at
  return html`<div id="tiles" data-live>
<dl class="tiles">
${tile('In use', used(5 * minutes), 'last 5 minutes')}
${tile('Last hour', used(60 * minutes))}
${tile('Last 24 hours', used(24 * 60 * minutes))}
${tile('All', counts === null ? '–' : formatCount(counts.total), counts === null ? '' : formatBytes(counts.bytes))}
</dl>
${age >= 10_000 && html`<p class="note">Counted ${formatDuration(age)} ago.</p>`}
</div>`
}
