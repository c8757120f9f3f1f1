import type { Circumstances } from '../machine/circumstances.ts'
import type { Spread } from '../measure/rounds.ts'

/** A table in Markdown. The first column is text, the others are aligned to the right. */
export function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => column === 0 ? '---' : '--:')), ...rows.map(line)].join('\n')
}

/** A number with two significant digits, or all digits of its integer part; a dash for `NaN`. */
export function figure (value: number): string {
  if (Number.isNaN(value)) return '–'
  return value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)))
}

/** The median with the quartiles: `0.71 (0.69–0.73)`; a dash when nothing was measured. */
export function spread ({ low, middle, high }: Spread): string {
  return Number.isNaN(middle) ? '–' : `${figure(middle)} (${figure(low)}–${figure(high)})`
}

export function milliseconds (value: number): string {
  return Number.isNaN(value) ? '–' : `${figure(value)} ms`
}

/** Node.js, machine and day. */
export function describe ({ node, platform, processor, cores, date }: Circumstances): string {
  return `Node.js ${node}, ${platform}, ${cores} × ${processor}, ${date}.`
}
