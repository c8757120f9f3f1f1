import { lastUsedAtOf, type FileVersion } from '../fs/version.ts'
import { clockSkewMs, withExpiry, type ExpiryOptions } from '../session/expiry.ts'
import { hasCookie } from '../session/session.ts'
import type { SessionText } from '../session/session-text.ts'

/** In milliseconds. A request that was in flight when its session expired has this long to save it. */
export const graceMs = 60_000

/**
 * What a file with the name of a session is: a session that is `'live'` or has `'expired'` (and its grace is over); JSON
 * that is not certainly a session (`'foreign'`: it has no cookie); or not JSON at all (`'unreadable'`).
 */
export type FileClass = 'live' | 'expired' | 'foreign' | 'unreadable'

/** The class of a file with this text. */
export function classify (text: SessionText, lastUsedAt: number, { clock, ttl }: ExpiryOptions & { readonly clock: () => number }): FileClass {
  return text.parse().match(
    session => {
      if (!hasCookie(session) && !text.isEncrypted) return 'foreign'
      const { expiresAt } = withExpiry(session, lastUsedAt, { clock, ...(ttl !== undefined && { ttl }) })
      return expiresAt <= clock() - graceMs ? 'expired' : 'live'
    },
    ({ isJson }) => isJson ? 'foreign' : 'unreadable'
  )
}

/**
 * Whether a file need not be read to know that it is kept: its session was used a moment ago, or the store set the
 * file's access time to an expiry that has not come.
 */
export function canSkip (version: FileVersion, now: number): boolean {
  if (isFromFuture(version, now)) return false
  return version.atimeMs > now || now - lastUsedAtOf(version) < graceMs
}

/** Whether a session was last used by a clock that was ahead and has been corrected since. */
export function isFromFuture (version: FileVersion, now: number): boolean {
  return lastUsedAtOf(version) > now + clockSkewMs
}
