import { Result } from 'neverthrow'
import { clockSkewMs, expiryOf } from '../session/expiry.ts'
import type { MergeBase } from '../session/merge-base.ts'
import { conflicts, merge } from '../session/merge.ts'
import { SessionText } from '../session/session-text.ts'
import { datedCookie, storedSnapshotOf, type Snapshot } from '../session/snapshot.ts'
import type { StoredCookie, StoredSession } from '../session/session.ts'

/** One requested change of a session. */
export type Step =
  /** Ends the session. */
  | { readonly type: 'remove' }
  /** Sets the session, whatever is there. */
  | { readonly type: 'replace', readonly snapshot: Snapshot }
  /** Sets a session that was loaded, unless it was ended since. `merge` keeps what others have changed since. */
  | { readonly type: 'merge' | 'replace-if-present', readonly snapshot: Snapshot, readonly base: MergeBase }
  /** Records a use, and the cookie of that moment if there is one; the other content stays. A session that was ended or has expired stays so. */
  | { readonly type: 'touch', readonly cookie: Snapshot | null, readonly lastUsedAt: number, readonly ttl: number }

/**
 * A session before or after a change; `null` when there is none. `'malformed'`: there is a file that holds no session.
 * `'unreadable'`: there is a file whose session this process cannot read.
 */
export type SessionState = CurrentSession | 'malformed' | 'unreadable' | null

/** A session that exists. */
export interface CurrentSession {
  readonly text: SessionText
  /** The rolling cookie with its dates, as in a `Snapshot`; `undefined`: as its text has it. */
  readonly cookie: StoredCookie | null | undefined
  /** In milliseconds since 1970. */
  readonly lastUsedAt: number
}

/** Told of each merge: the top-level keys that both sides had changed. */
export type OnMerge = (conflictingKeys: readonly string[]) => void

/**
 * The state of a session after `step`. `base` is what the session of the step was when it was loaded or last saved; `null`
 * before its first save, and for a step of no session.
 */
export function applyStep (step: Step, state: SessionState, base: SessionText | null, onMerge?: OnMerge): SessionState {
  switch (step.type) {
    case 'remove': return null
    case 'touch': return isKnown(state) ? touched(step, state) : state
    default:
      // A replacement, or the first save of a new session. Either may have an earlier expiry, and so an earlier last use.
      if (base === null) return replaced(step.snapshot, state, step.snapshot.lastUsedAt)
      if (state === null) return null
      if (state === 'malformed' || step.type === 'replace-if-present') return replaced(step.snapshot, state, step.snapshot.takenAt)
      // What others have changed is not known: to replace it would undo that.
      return state === 'unreadable' ? state : rebase(step.snapshot, base, state, onMerge)
  }
}

/** Whether a step of a loaded session changes more than its last use. */
export function changesContent (step: Step): boolean {
  return 'base' in step && step.base.text?.canonical !== step.snapshot.canonical
}

/** Whether there is a session, which is known. */
export function isKnown (state: SessionState): state is CurrentSession {
  return typeof state === 'object' && state !== null
}

/** Whether every step has the same result for both states. */
export function isSameState (one: SessionState, other: SessionState): boolean {
  if (!isKnown(one) || !isKnown(other)) return one === other
  return one.text.text === other.text.text && one.cookie === other.cookie && one.lastUsedAt === other.lastUsedAt
}

// `snapshot`, which was made from `base`, on top of `theirs`, which is there by now.
function rebase (snapshot: Snapshot, base: SessionText, theirs: CurrentSession, onMerge?: OnMerge): SessionState {
  const { canonical } = theirs.text
  if (canonical === base.canonical || canonical === snapshot.canonical) return replaced(snapshot, theirs, snapshot.takenAt)
  const lastUsedAt = laterUse(snapshot.lastUsedAt, theirs.lastUsedAt, snapshot.takenAt)
  if (snapshot.canonical === base.canonical) return usedAt(theirs, lastUsedAt)
  // Only canonical JSON can be compared: the dates of a rolling cookie differ after each use.
  return Result.combine([base.parseCanonical(), textOf(snapshot).parseCanonical(), theirs.text.parseCanonical()])
    .andThen(sessions => {
      onMerge?.(conflicts(...sessions))
      return currentSession(merge(...sessions), lastUsedAt)
    })
    // What is there is not a session.
    .unwrapOr(replaced(snapshot, theirs, snapshot.takenAt))
}

function replaced ({ canonical, cookie, lastUsedAt }: Snapshot, state: SessionState, now: number): CurrentSession {
  const previous = isKnown(state) ? state.lastUsedAt : lastUsedAt
  return { text: SessionText.ofCanonical(canonical), cookie, lastUsedAt: laterUse(lastUsedAt, previous, now) }
}

function touched ({ cookie, lastUsedAt, ttl }: Step & { type: 'touch' }, state: CurrentSession): CurrentSession {
  const isExpired = state.text.parseCanonical().map(session => expiryOf(session, state.lastUsedAt, ttl) <= lastUsedAt).unwrapOr(true)
  if (isExpired) return state
  const used = usedAt(state, laterUse(lastUsedAt, state.lastUsedAt, lastUsedAt))
  if (cookie === null) return used
  return Result.combine([state.text.parseCanonical(), textOf(cookie).parseCanonical()])
    .andThen(([session, { cookie }]) => currentSession({ ...session, ...(cookie !== undefined && { cookie }) }, used.lastUsedAt))
    .unwrapOr(used)
}

// The dates of a rolling cookie follow the last use.
function usedAt ({ text }: CurrentSession, lastUsedAt: number): CurrentSession {
  return { text, cookie: undefined, lastUsedAt }
}

// A slow request does not move the last use back, unless that lies in the future: its clock was ahead.
function laterUse (mine: number, theirs: number, now: number): number {
  return theirs - now > clockSkewMs ? mine : Math.max(mine, theirs)
}

// A merge of two canonical sessions is not necessarily canonical: a cookie that became a rolling one loses its dates.
function currentSession (session: StoredSession, lastUsedAt: number): Result<CurrentSession, unknown> {
  return storedSnapshotOf(session).map(snapshot => ({ text: textOf(snapshot), cookie: datedCookie(snapshot.cookie, lastUsedAt), lastUsedAt }))
}

/** The text of a snapshot. */
export function textOf ({ canonical }: Snapshot): SessionText {
  return SessionText.ofCanonical(canonical)
}
