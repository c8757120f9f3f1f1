const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const month = 30 * day
const year = 365 * day

const units = new Map([
  ['ms', 1], ['s', second], ['m', minute], ['min', minute], ['h', hour], ['d', day], ['w', 7 * day]
])

/** The milliseconds of a duration such as `10m`, `2h` or `14d`, or `null` when it is none. */
export function parseDuration (text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) *([a-z]+)$/.exec(text.trim()) ?? []
  const length = units.get(unit ?? '')
  return amount === undefined || length === undefined ? null : Number(amount) * length
}

const scale: ReadonlyArray<readonly [unit: number, upTo: number, name: (count: number) => string]> = [
  [1, second, count => `${count} ms`],
  [second, minute, count => `${count} s`],
  [minute, hour, count => `${count} min`],
  [hour, day, count => `${count} h`],
  [day, 2 * month, count => plural(count, 'day')],
  [month, 2 * year, count => plural(count, 'month')],
  [year, Infinity, count => plural(count, 'year')]
]

/** A duration in its largest unit: `3 min`, `2 h`, `1 day`. Rounded to the nearest, unless told otherwise. */
export function formatDuration (milliseconds: number, round: (value: number) => number = Math.round): string {
  const [unit, , name] = scale.find(([unit, upTo]) => round(milliseconds / unit) * unit < upTo) ?? scale.at(-1)!
  return name(round(milliseconds / unit))
}

/** A time as seen from `now`: `3 min ago` (or a little more), `in 2 h` (to the nearest). */
export function relativeTime (time: number, now: number): string {
  const distance = time - now
  if (Math.abs(distance) < second) return 'now'
  return distance < 0 ? `${formatDuration(-distance, Math.floor)} ago` : `in ${formatDuration(distance)}`
}

/** A time in the local time zone, to the second: `2026-01-31 13:05:09`. What no calendar has stays a number. */
export function localTime (time: number): string {
  // Swedish writes dates as ISO 8601 does.
  return Math.abs(time) > 8.64e15 ? String(time) : new Date(time).toLocaleString('sv-SE')
}

/** A size: `412 B`, `1.2 kB`, `34 MB`. */
export function formatBytes (bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    value /= 1000
    if (value < 999.5) return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`
  }
  return `${Math.round(value / 1000)} PB`
}

// Made once: it takes longer than all it formats.
const separated = new Intl.NumberFormat('en-US')

/** A whole number with separators: `1,000,000`. */
export function formatCount (count: number): string {
  return separated.format(count)
}

/** A count and its noun: `1 session`, `2 sessions`. */
export function plural (count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`
}
