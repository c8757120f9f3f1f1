import type { Session } from 'fastify'

// What web statistics call a visit: it ends when nothing was clicked for half an hour.
const pause = 30 * 60 * 1000

// No need to know it better than to the minute. A request that changes nothing in the session also writes
// nothing, so the next clicks within that minute are cheaper.
const precision = 60 * 1000

/** Counts a visit, not a click, and notes when the session was last seen. */
export function countVisit (session: Session, now = Date.now()): void {
  const { visits = 0, seenAt = 0 } = session
  if (now - seenAt > pause) session.visits = visits + 1
  if (now - seenAt > precision) session.seenAt = now
}
