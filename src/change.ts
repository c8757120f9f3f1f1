import { Result } from 'neverthrow'
import type { StoredSession } from './expiry.ts'
import { merge } from './merge.ts'
import { Content, type Draft } from './text.ts'

/** What becomes of a session: it is set to a draft, or removed (`null`). */
export type Change = Draft | null

// So many parts of a draft are kept, for they are put together only when they have to be.
const mostParts = 64

/** The change that stands for one that waits and for the one that overtakes it. */
export function overtaking (waiting: Change, change: Change): Change {
  if (change?.base === undefined) return change
  // The session that it was made from is being ended; it does not come back.
  return waiting === null ? null : inOne(waiting, change)
}

/** What a session will be when `changes` are made of what its file says, or `null`: none. */
export function madeOf (stored: Content | 'unreadable' | null, changes: readonly Change[]): Change {
  let made: Change = null
  for (const change of changes) {
    made = changed(stored, change)
    stored = made && Content.ofSettled(made.settled)
  }
  return made
}

function changed (stored: Content | 'unreadable' | null, change: Change): Change {
  if (change?.base === undefined) return change
  if (stored === null) return null
  return stored === 'unreadable' ? change : reconciled(change, stored)
}

/**
 * The draft that keeps both what it changed since its base and what others did,
 * whose session is `theirs` by now. One that has no base, or met no change,
 * stays as it is.
 */
export function reconciled (draft: Draft, theirs: Content): Draft {
  const { base, settled, parts } = draft
  if (!base || theirs.is(settled) || theirs.equals(base)) return draft
  if (parts !== undefined) return { ...draft, settled: settledOn(theirs, parts) }
  // What cannot be compared (no session, or one nested too deep) is a change as a whole.
  return merged(base, Content.ofSettled(settled), theirs).match(settled => ({ ...draft, settled }), () => draft)
}

// The draft that stands for two that are set one after the other. Where the file says what the
// first was made from, it is as it stands; where it does not, each part has to be told apart.
function inOne (first: Draft, second: Draft): Draft {
  const { base, parts = [first] } = first
  if (base === null) return second
  const { settled, cookie, usedAt } = reconciled(second, Content.ofSettled(first.settled))
  if (base === undefined) return { settled, cookie, usedAt }
  const others = parts.length < mostParts ? parts : [parts.reduce(asOne)]
  return { settled, cookie, usedAt, base, parts: [...others, second] }
}

function settledOn (theirs: Content, parts: readonly Draft[]): string {
  let { settled } = theirs
  for (const part of parts) settled = reconciled(part, Content.ofSettled(settled)).settled
  return settled
}

// In what the second changed, the base is what that found: it may have undone what the first, or another, did.
function asOne (first: Draft, second: Draft): Draft {
  const whole = reconciled(second, Content.ofSettled(first.settled))
  const base = merged(Content.ofSettled(second.settled), second.base!, first.base!)
  return { ...whole, base: base.match(settled => Content.ofSettled(settled), () => first.base!) }
}

function merged (base: Content, mine: Content, theirs: Content): Result<string, unknown> {
  return Result.combine([base.parse(), mine.parse(), theirs.parse()])
    .andThen(([base, mine, theirs]) => mergedText(base, mine, theirs))
}

const mergedText = Result.fromThrowable((base: StoredSession, mine: StoredSession, theirs: StoredSession) =>
  JSON.stringify(merge(base, mine, theirs)))
