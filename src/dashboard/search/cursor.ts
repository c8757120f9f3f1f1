import type { Entry } from '../index/snapshot.ts'

/** A place in a list that goes from the newest to the oldest. It stays right while sessions come and go above it. */
export interface Cursor {
  /** The list goes on with what was used at this time or before, in whole milliseconds since 1970. */
  readonly time: number
  /** How many of those used at exactly this time are left out. */
  readonly skip: number
}

/** Where each list begins. */
export const start: Cursor = { time: Infinity, skip: 0 }

/** Reads what `formatCursor` wrote. Anything else is the start of the list. */
export function parseCursor (text: string): Cursor {
  const [, time, skip] = /^(\d{1,15})-(\d{1,9})$/.exec(text) ?? []
  return time === undefined ? start : { time: Number(time), skip: Number(skip) }
}

/** The cursor as part of an address. */
export function formatCursor ({ time, skip }: Cursor): string {
  return `${time}-${skip}`
}

/** The entries from the cursor on. `entries` are those used at its time or before, newest first. */
export function * from ({ time, skip }: Cursor, entries: Iterable<Entry>): Generator<Entry, void, undefined> {
  let left = skip
  for (const entry of entries) {
    if (entry.lastUsedAt > time) continue
    if (entry.lastUsedAt === time && left > 0) left--
    else yield entry
  }
}

/** The cursor behind `entry`, which was reached from `cursor`. */
export function after (cursor: Cursor, { lastUsedAt }: Entry): Cursor {
  return lastUsedAt === cursor.time ? { time: lastUsedAt, skip: cursor.skip + 1 } : { time: lastUsedAt, skip: 1 }
}
