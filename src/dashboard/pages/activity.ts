import type { StoreStats } from '../../index.ts'
import { sumOf } from '../activity/recorder.ts'
import { formatCount, formatDuration, relativeTime } from '../format.ts'
import { html, type Html } from '../html.ts'
import { ageBounds, sizeBounds, type Counts } from '../index/counts.ts'
import { layout, type Site } from './layout.ts'
import { tiles } from './tiles.ts'

/** What the page of activity shows. */
export interface ActivityView {
  readonly counts: Counts | null
  readonly stats: StoreStats
  readonly range: ActivityRange
  readonly now: number
}

/** How far back the charts go. */
export type ActivityRange = '1h' | '6h' | '24h'

/** The lengths of the ranges, in milliseconds. */
export const ranges: Readonly<Record<ActivityRange, number>> = { '1h': 3_600_000, '6h': 6 * 3_600_000, '24h': 24 * 3_600_000 }

/** The names of the groups: the most that is in them. */
export const ageNames: readonly string[] = [...ageBounds.map(shortDuration), 'older']
export const sizeNames: readonly string[] = [...sizeBounds.map(bound => bound < 1024 ? `${bound} B` : `${bound / 1024} KiB`), 'more']

/** The page with charts and counters. */
export function activityPage (site: Site, { counts, stats, range, now }: ActivityView): Html {
  const link = (name: string) => html`<a href="${site.prefix}/activity?range=${name}"${name === range && html` aria-current="true"`}>${name}</a>`
  return layout(site, {
    heading: 'Activity',
    section: 'activity',
    scripts: ['uplot.js', 'charts.js', 'dashboard.js'],
    styles: ['uplot.css'],
    isLive: true,
    content: html`<h1 class="visually-hidden">Activity</h1>
${tiles(counts, now)}
<noscript><p class="note">The charts need JavaScript. The numbers below do not.</p></noscript>
<nav class="ranges" aria-label="Time range">${Object.keys(ranges).map(link)}</nav>
<div class="charts" data-charts="${site.prefix}/activity/data?range=${range}">
${chart('use', 'Sessions in use', 'Used in the last 5 minutes, and in the last hour')}
${chart('traffic', 'Reads, touches and writes', 'Per second, by this process')}
${chart('failures', 'Failures', 'Per minute, by this process')}
${chart('ages', 'Last use', 'Sessions by the time since they were used, at most', groups('Used in the last', ageNames, counts?.ages))}
${chart('sizes', 'Size', 'Sessions by the size of their file, at most', groups('Up to', sizeNames, counts?.sizes))}
</div>
<h2>Counters of this process <small>(process ${process.pid})</small></h2>
<div id="counters" data-live>
${counters(stats, now)}
</div>`
  })
}

function chart (name: string, heading: string, note: string, numbers: Html | null = null): Html {
  return html`<figure class="chart" data-chart="${name}" aria-labelledby="chart-${name}">
<figcaption id="chart-${name}"><strong>${heading}</strong> <small>${note}</small></figcaption>
<div class="plot" aria-hidden="true"></div>
${numbers !== null && html`<details><summary>Numbers</summary><div id="numbers-${name}" data-live>${numbers}</div></details>`}
</figure>`
}

function groups (heading: string, names: readonly string[], values: readonly number[] | undefined): Html {
  return html`<table class="numbers"><thead><tr><th scope="col">${heading}</th><th scope="col" class="number">Sessions</th></tr></thead>
<tbody>${names.map((name, index) => html`<tr><th scope="row">${name}</th><td class="number">${values === undefined ? '–' : formatCount(values[index]!)}</td></tr>`)}</tbody></table>`
}

function counters (stats: StoreStats, now: number): Html {
  const { gets, hits, misses, sets, touches, writes, destroys, merges, conflicts, failures, queueLength, lastPrune } = stats
  const row = (name: string, value: Html | string, note = '') => html`<tr><th scope="row">${name}</th><td class="number">${value}</td><td class="note">${note}</td></tr>`
  const share = hits + misses === 0 ? '' : `${Math.round(100 * hits / (hits + misses))} % of lookups`
  return html`<table class="numbers counters"><thead class="visually-hidden"><tr><th scope="col">Counter</th><th scope="col">Value</th><th scope="col">Note</th></tr></thead><tbody>
${row('Reads', formatCount(gets))}
${row('Cache hits', formatCount(hits), share)}
${row('Cache misses', formatCount(misses))}
${row('Sets', formatCount(sets), 'most neither write nor record a use')}
${row('Touches', formatCount(touches), 'last use recorded, content unchanged')}
${row('Writes', formatCount(writes))}
${row('Ended', formatCount(destroys))}
${row('Merges', formatCount(merges), 'concurrent changes of one session, both kept')}
${row('Conflicts', formatCount(conflicts), 'both changed the same key, the later one stays')}
${row('Waiting changes', formatCount(queueLength))}
${row('Failures', formatCount(sumOf(failures)), Object.entries(failures).map(([type, count]) => `${type}: ${formatCount(count)}`).join(', '))}
${row('Last prune', lastPrune === null ? 'none yet' : relativeTime(lastPrune.at, now), lastPrune === null ? '' : `${formatCount(lastPrune.removed)} of ${formatCount(lastPrune.scanned)} removed in ${formatSeconds(lastPrune.durationMs)}`)}
</tbody></table>`
}

function formatSeconds (ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : formatDuration(ms)
}

function shortDuration (ms: number): string {
  return formatDuration(ms).replace(/ (\w)\w*$/, ' $1').replace(/ m$/, ' min')
}
