import type { Entry } from '../index/snapshot.ts'
import { prompt, TimeSlice } from '../index/time-slice.ts'
import type { SessionRow, SessionSource } from '../source.ts'
import { after, from, type Cursor } from './cursor.ts'

/** Rows per page. */
export const pageSize = 50

// Entries that may turn out to be gone, before the page is shown as it is.
const attempts = 500

/** One page of a list. */
export interface Page {
  readonly rows: readonly SessionRow[]
  /** Where the next page begins, or `null` when this is the last one. */
  readonly next: Cursor | null
}

/**
 * Reads the sessions of one page, from `cursor` on. Each is shown as its file is now: what is gone is left out, and
 * what was used meanwhile is at its place within the page.
 */
export async function readPage (source: SessionSource, cursor: Cursor, entries: Iterable<Entry>): Promise<Page> {
  const rows: SessionRow[] = []
  let place = cursor
  let left = attempts
  const slice = new TimeSlice(prompt)
  for (const entry of from(cursor, entries)) {
    if (rows.length === pageSize || left-- === 0) return { rows: sorted(rows), next: place }
    place = after(place, entry)
    if (slice.isOver) await slice.rest()
    const row = await source.read(entry.name)
    if (row !== null) rows.push(row)
  }
  return { rows: sorted(rows), next: null }
}

function sorted (rows: readonly SessionRow[]): SessionRow[] {
  return rows.toSorted((one, other) => other.lastUsedAt.getTime() - one.lastUsedAt.getTime())
}
