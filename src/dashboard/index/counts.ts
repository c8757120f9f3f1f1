const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes
const days = 24 * hours

/** Upper bounds of the groups of last use, in milliseconds ago; one more group is older than all of them. */
export const ageBounds: readonly number[] = [
  minutes, 5 * minutes, 15 * minutes, hours, 6 * hours, days, 3 * days, 7 * days, 14 * days, 30 * days
]

/** Upper bounds of the groups of size, in bytes; one more group is larger than all of them. */
export const sizeBounds: readonly number[] = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 65_536]

/** Session files, counted by last use and by size. */
export class Counts {
  /** When the counting began, in milliseconds since 1970. */
  readonly at: number
  readonly ages: number[] = new Array(ageBounds.length + 1).fill(0)
  readonly sizes: number[] = new Array(sizeBounds.length + 1).fill(0)
  total = 0
  bytes = 0

  constructor (at: number) {
    this.at = at
  }

  add (lastUsedAt: number, size: number): void {
    this.total++
    this.bytes += size
    this.ages[groupOf(this.at - lastUsedAt, ageBounds)]!++
    this.sizes[groupOf(size, sizeBounds)]!++
  }

  /** How many were used at most `age` milliseconds ago, which must be one of `ageBounds`. */
  usedWithin (age: number): number {
    return this.ages.slice(0, ageBounds.indexOf(age) + 1).reduce((sum, count) => sum + count, 0)
  }
}

function groupOf (value: number, bounds: readonly number[]): number {
  const group = bounds.findIndex(bound => value <= bound)
  return group === -1 ? bounds.length : group
}
