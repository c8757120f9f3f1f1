import { isDeepStrictEqual } from 'node:util'
import { isUsedLater } from './cookie-dates.ts'
import { defaultConcurrency, eachSession } from './each-session.ts'
import { isEnded } from './ended-note.ts'
import { getSession, type KeyedStore } from './keyed-store.ts'
import { hasExpired, sourceOf, type ListableStore, type SourceOptions, type SourceSession } from './source.ts'
import type { StoredSession } from '../session/session.ts'

/** How sessions are compared. */
export interface CompareOptions extends SourceOptions {
  /** Called after each session with how many were compared. */
  readonly onProgress?: (compared: number) => void
  /** Stops the comparison. */
  readonly signal?: AbortSignal
}

/** What a comparison found. */
export interface CompareReport {
  /** How many sessions both stores have with the same content and expiry. */
  readonly same: number
  /** How many were used later in the target, and so may have changed there. */
  readonly later: number
  /** The sessions that the target does not have. */
  readonly missing: readonly string[]
  /** The sessions that differ for no known reason. */
  readonly different: readonly string[]
}

/**
 * Compares each live session of `source` with the one that `target` has. Sessions that end meanwhile do not count.
 * Rejects with the error of a store.
 */
export async function compareSessions (source: string | ListableStore, target: KeyedStore, options: CompareOptions = {}): Promise<CompareReport> {
  const { onProgress, signal } = options
  const { store, list } = sourceOf(source, options, () => {})
  const found = { same: 0, later: 0, missing: [] as string[], different: [] as string[] }
  let compared = 0
  let error: { readonly cause: unknown } | null = null
  const task = async (listed: SourceSession): Promise<void> => {
    try {
      const session = listed.session ?? await getSession(store, listed.id)
      const verdict = session === null || hasExpired(session, listed.expiresAt) ? null : await compare(listed.id, session, store, target)
      if (verdict === 'missing' || verdict === 'different') found[verdict].push(listed.id)
      else if (verdict !== null) found[verdict]++
      onProgress?.(++compared)
    } catch (cause) {
      error ??= { cause }
    }
  }
  await eachSession(list(), defaultConcurrency, task, () => error !== null || signal?.aborted === true)
  if (error !== null) throw (error as { readonly cause: unknown }).cause
  return found
}

async function compare (id: string, session: StoredSession, source: KeyedStore, target: KeyedStore): Promise<keyof CompareReport | null> {
  const copy = await getSession(target, id)
  if (copy !== null && isAlike(session, copy)) return 'same'
  // It may have changed or ended since it was listed.
  const [current, again, ended] = await Promise.all([getSession(source, id), getSession(target, id), isEnded(target, id)])
  if (current === null || ended) return null
  if (again === null) return 'missing'
  if (isAlike(current, again)) return 'same'
  return isUsedLater(again, current) ? 'later' : 'different'
}

// `FileStore` keeps two fields of the cookie its own way: it leaves out the one and adds the other.
function isAlike (session: StoredSession, other: StoredSession): boolean {
  const [one, two] = [session, other].map(({ cookie, ...content }) => {
    const { originalExpires, fixedExpiry, ...rest } = cookie ?? {}
    return JSON.parse(JSON.stringify({ ...content, cookie: rest }))
  })
  return isDeepStrictEqual(one, two)
}
