import { formatCount } from './format.ts'
import type { Output } from './output.ts'

/** A bar of a histogram: how many are up to `upTo`. */
export interface Bucket {
  readonly upTo: number
  count: number
}

// The width of the longest bar in characters.
const longestBar = 40

// A bar's end in eighths of a character.
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Counts values in buckets with these upper ends (inclusive); the last one takes the rest. */
export class Histogram {
  readonly buckets: readonly Bucket[]

  constructor (ends: readonly number[]) {
    this.buckets = [...ends, Infinity].map(upTo => ({ upTo, count: 0 }))
  }

  /** Counts a value. */
  add (value: number): void {
    this.buckets.find(({ upTo }) => value <= upTo)!.count++
  }

  /** Its lines, from the first bucket that is not empty to the last. */
  lines (label: (upTo: number, before: number) => string, output: Output): readonly string[] {
    const rows = this.buckets.map((bucket, index) => ({ ...bucket, label: label(bucket.upTo, this.buckets[index - 1]?.upTo ?? 0) }))
    const shown = rows.slice(rows.findIndex(({ count }) => count > 0), rows.findLastIndex(({ count }) => count > 0) + 1)
    const largest = Math.max(...shown.map(({ count }) => count))
    const labelWidth = Math.max(...shown.map(({ label }) => label.length))
    const countWidth = formatCount(largest).length
    return shown.map(({ label, count }) => `${label.padStart(labelWidth)}  ${formatCount(count).padStart(countWidth)}  ${output.paint('cyan', bar(count / largest))}`)
  }
}

function bar (share: number): string {
  const length = Math.ceil(share * longestBar * 8)
  return '█'.repeat(length >>> 3) + eighths[length & 7]
}
