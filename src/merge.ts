import { isDeepStrictEqual } from 'node:util'

type Fields = Readonly<Record<string, unknown>>

/**
 * What two who began with `base` leave together: everything of `theirs`, and
 * over it each top-level key that `mine` added, changed or removed. A change
 * within a key's value is a change of that key; a key that both changed is as
 * in `mine`, which comes later; so is the cookie, whoever changed it.
 */
export function merge (base: Fields, mine: Fields, theirs: Fields): Record<string, unknown> {
  const merged = new Map(Object.entries(theirs))
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (key !== 'cookie' && has(base, key) && has(mine, key) && isSame(base[key], mine[key])) continue
    if (has(mine, key)) merged.set(key, mine[key])
    else merged.delete(key)
  }
  return Object.fromEntries(merged)
}

// What is nested too deep to be compared may have changed.
function isSame (one: unknown, other: unknown): boolean {
  try {
    return isDeepStrictEqual(one, other)
  } catch {
    return false
  }
}

function has (fields: Fields, key: string): boolean {
  return Object.hasOwn(fields, key)
}
