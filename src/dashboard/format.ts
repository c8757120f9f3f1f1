import { html, type Html } from './html.ts'

const integers = new Intl.NumberFormat('en')
const decimals = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

const steps: ReadonlyArray<readonly [number, string, string]> = [
  [24 * 60 * 60, 'day', 'days'],
  [60 * 60, 'hour', 'hours'],
  [60, 'minute', 'minutes'],
  [1, 'second', 'seconds']
]

/** `1,234,567`. */
export function formatCount (count: number): string {
  return integers.format(count)
}

/** `1 session`, `2 sessions`. */
export function formatSessions (count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'session' : 'sessions'}`
}

/** `312 B`, `1.2 kB`: powers of 1000. */
export function formatBytes (bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3))
  return `${decimals.format(bytes / 1000 ** power)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`
}

/** `3 minutes`, `1 hour`: the largest whole unit. */
export function formatDuration (ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const [length, one, many] = steps.find(([length]) => seconds >= length) ?? steps.at(-1)!
  const count = Math.floor(seconds / length)
  return `${count} ${count === 1 ? one : many}`
}

/** A time as `2 minutes ago` or `in 3 days`; the exact time is in its title. */
export function relativeTime (time: Date, now: number): Html {
  const away = time.getTime() - now
  const text = Math.abs(away) < 1000 ? 'just now' : away < 0 ? `${formatDuration(-away)} ago` : `in ${formatDuration(away)}`
  return html`<time datetime="${time.toISOString()}" title="${exactTime(time)}">${text}</time>`
}

/** `2026-01-31 12:34:56 UTC`. */
export function exactTime (time: Date): string {
  return time.toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
}
