import { formatCursor, parseCursor, start, type Cursor } from './cursor.ts'

/** What a search looks in. */
export type SearchScope = 'id' | 'owner' | 'field'

/** What the operator asks the list for. */
export interface ListQuery {
  readonly scope: SearchScope
  /** What to search for; empty for all sessions. */
  readonly text: string
  readonly cursor: Cursor
}

// Nothing that is searched for is longer.
const longestText = 500

/** Reads the query of an address. What it does not know it leaves out. */
export function parseListQuery (query: unknown): ListQuery {
  const { in: scope, q, before } = query as Readonly<Record<string, unknown>>
  return {
    scope: scope === 'owner' || scope === 'field' ? scope : 'id',
    text: typeof q === 'string' ? q.trim().slice(0, longestText) : '',
    cursor: typeof before === 'string' ? parseCursor(before) : start
  }
}

/** The query as the end of an address, `?` included; empty for the first page of all sessions. */
export function formatListQuery ({ scope, text, cursor }: ListQuery): string {
  const parameters = new URLSearchParams()
  if (text !== '') {
    parameters.set('in', scope)
    parameters.set('q', text)
  }
  if (cursor.time !== Infinity) parameters.set('before', formatCursor(cursor))
  return parameters.size === 0 ? '' : `?${parameters}`
}
