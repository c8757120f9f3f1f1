import { isDeepStrictEqual } from 'node:util'
import { isObject, type StoredSession } from './session.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Three-way merge of `mine` and `theirs`, which both started from `base`: everything of `theirs`, and over it each
 * top-level key that `mine` added, changed or removed. A change inside a key's value is a change of that key; where both
 * changed a key, `mine`, the later one, is kept. The fields of the cookie are merged in the same way.
 */
export function merge (base: StoredSession, mine: StoredSession, theirs: StoredSession): StoredSession {
  const merged: StoredSession = mergeFields(base, mine, theirs)
  if (isObject(mine.cookie) && isObject(theirs.cookie)) {
    merged.cookie = mergeFields(isObject(base.cookie) ? base.cookie : {}, mine.cookie, theirs.cookie)
  }
  return merged
}

/** The top-level keys that both changed, and to different values: there `mine` is kept. */
export function conflicts (base: StoredSession, mine: StoredSession, theirs: StoredSession): string[] {
  return Object.keys({ ...base, ...mine, ...theirs }).filter(key =>
    key !== 'cookie' && differs(base, mine, key) && differs(base, theirs, key) && differs(mine, theirs, key))
}

function mergeFields (base: Fields, mine: Fields, theirs: Fields): Record<string, unknown> {
  const merged = new Map(Object.entries(theirs))
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (!differs(base, mine, key)) continue
    if (has(mine, key)) merged.set(key, mine[key])
    else merged.delete(key)
  }
  return Object.fromEntries(merged)
}

function differs (one: Fields, other: Fields, key: string): boolean {
  return has(one, key) !== has(other, key) || !isDeepStrictEqual(one[key], other[key])
}

function has (fields: Fields, key: string): boolean {
  return Object.hasOwn(fields, key)
}
