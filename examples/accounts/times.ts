const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const units: ReadonlyArray<readonly [unit: Intl.RelativeTimeFormatUnit, ms: number]> = [
  ['year', 365 * 24 * 60 * 60 * 1000],
  ['month', 30 * 24 * 60 * 60 * 1000],
  ['day', 24 * 60 * 60 * 1000],
  ['hour', 60 * 60 * 1000],
  ['minute', 60 * 1000]
]

/** How long ago that was, in words: `2 minutes ago`, `yesterday`; `just now` within the last minute. */
export function timeAgo (time: Date | number, now = Date.now()): string {
  const passed = now - Number(time)
  const found = units.find(([, ms]) => passed >= ms)
  return found === undefined ? 'just now' : words.format(-Math.floor(passed / found[1]), found[0])
}
