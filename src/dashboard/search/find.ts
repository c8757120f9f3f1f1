import type { SessionIndex } from '../index/session-index.ts'
import type { Entry } from '../index/snapshot.ts'
import { knowsOwners } from '../owner.ts'
import type { Redactor } from '../redact.ts'
import type { SessionSource } from '../source.ts'
import type { FieldSearches } from './field-searches.ts'
import { matchLimit } from './field-search.ts'
import { parseFieldTest } from './field-test.ts'
import type { ListQuery } from './query.ts'

/** What a search needs. */
export interface Searchable {
  readonly source: SessionSource
  readonly index: SessionIndex
  readonly searches: FieldSearches
  readonly redactor: Redactor
}

/** What was found. */
export interface Found {
  /** From the query's cursor on, newest first. */
  readonly entries: Iterable<Entry>
  /** How many there are in all, or `null` when it is not known yet. */
  readonly total: number | null
  /** How many sessions a search has read so far, while it goes on. */
  readonly searching?: number
  /** Whether there are more than are kept. */
  readonly isFull?: boolean
  /** Why nothing can be found this way, in one sentence. */
  readonly problem?: string
}

const nothing = { entries: [], total: 0 }

/** The sessions that a query asks for. */
export function find (query: ListQuery, parts: Searchable): Promise<Found> {
  if (query.text === '') return findAll(query, parts)
  if (query.scope === 'owner') return findOwner(query, parts)
  return query.scope === 'field' ? findField(query, parts) : findId(query, parts)
}

async function findAll ({ cursor }: ListQuery, { index }: Searchable): Promise<Found> {
  return { entries: index.newest(cursor.time), total: index.counts?.total ?? null }
}

/** The session with exactly this id needs no index; the others contain it. */
async function findId ({ text }: ListQuery, { source, index }: Searchable): Promise<Found> {
  const name = source.nameOf(text)
  const use = name === null ? null : await source.stat(name)
  if (name !== null && use !== null) return { entries: [{ name, lastUsedAt: use.lastUsedAt }], total: 1 }
  return some(await index.search(name ?? text, matchLimit))
}

async function findOwner ({ text }: ListQuery, { source }: Searchable): Promise<Found> {
  if (!knowsOwners(source.store)) return { ...nothing, problem: 'This store has no owner option, so it cannot search by owner.' }
  const entries: Entry[] = []
  for await (const { id, lastUsedAt } of source.store.listOwner(text)) {
    entries.push({ name: source.nameOf(id)!, lastUsedAt: lastUsedAt.getTime() })
    if (entries.length === matchLimit) break
  }
  return some(entries.sort((one, other) => other.lastUsedAt - one.lastUsedAt))
}

async function findField ({ text }: ListQuery, { searches, redactor }: Searchable): Promise<Found> {
  const test = parseFieldTest(text)
  if (test === null) return { ...nothing, problem: 'Name a field: user.name=Ada, user.name~ad or user.name.' }
  if (test.path.some(name => redactor.hides(name))) return { ...nothing, problem: 'This field is hidden, and cannot be searched.' }
  const search = await searches.find(test)
  const { matches, scanned, isDone, isFull } = search
  return { entries: matches, total: matches.length, isFull, ...(!isDone && { searching: scanned }) }
}

function some (entries: readonly Entry[]): Found {
  return { entries, total: entries.length, isFull: entries.length === matchLimit }
}
