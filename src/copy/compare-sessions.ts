import { isSame, isSameButUse, isUsedLater, lastUseOf } from './cookie-dates.ts'
import { defaultConcurrency, eachSession } from './each-session.ts'
import { isEnded } from './ended-note.ts'
import { getSession, type KeyedStore } from './keyed-store.ts'
import type { Move } from './replicate.ts'
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
 * Compares each live session of `source` with the one that `target` has. Sessions that end meanwhile do not count, and
 * no uses either: a `FileStore` counts a last use in the future as the moment at which it is asked.
 * Rejects with the error of a store.
 */
export async function compareSessions (source: string | ListableStore, target: KeyedStore, options: CompareOptions = {}): Promise<CompareReport> {
  const { onProgress, signal } = options
  const { store, list } = sourceOf(source, options, () => {})
  const found = { same: 0, later: 0, missing: [] as string[], different: [] as string[] }
  const startedAt = Date.now()
  let compared = 0
  let error: { readonly cause: unknown } | null = null
  const task = async (listed: SourceSession): Promise<void> => {
    try {
      const session = listed.session ?? await getSession(store, listed.id)
      const verdict = session === null || hasExpired(session, listed.expiresAt) ? null : await compare(listed.id, session, { from: store, to: target, startedAt })
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

async function compare (id: string, session: StoredSession, { from, to, startedAt }: Move & { readonly startedAt: number }): Promise<keyof CompareReport | null> {
  const copy = await getSession(to, id)
  if (copy !== null && isAlike(session, copy)) return 'same'
  // It may have changed or ended since it was listed.
  const [current, again, ended] = await Promise.all([getSession(from, id), getSession(to, id), isEnded(to, id)])
  if (current === null || ended) return null
  if (again === null) return 'missing'
  if (isAlike(current, again)) return 'same'
  if (isUsedLater(again, current)) return 'later'
  return (lastUseOf(current) ?? -Infinity) >= startedAt && isSameButUse(contentOf(current), contentOf(again)) ? 'same' : 'different'
}

function isAlike (session: StoredSession, other: StoredSession): boolean {
  return isSame(contentOf(session), contentOf(other))
}

// `FileStore` keeps two fields of the cookie its own way: it leaves out the one and adds the other.
function contentOf ({ cookie, ...content }: StoredSession): StoredSession {
  const { originalExpires, fixedExpiry, ...rest } = cookie ?? {}
  return { ...content, cookie: rest }
}
