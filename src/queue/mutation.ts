import { Result } from 'neverthrow'
import { clockSkewMs, expiresAt } from '../session/expiry.ts'
import type { MergeBase } from '../session/merge-base.ts'
import { conflicts, merge } from '../session/merge.ts'
import { SessionText, type NotASession } from '../session/session-text.ts'
import { datedCookie, type Snapshot } from '../session/snapshot.ts'
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

/** A session before or after a change. `'unreadable'`: there is a file, and its session is not known. */
export type SessionState = CurrentSession | 'unreadable' | null

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

// In bytes, about: the objects of a step besides its text (measured).
const stepOverhead = 1_200

/** The changes of one session that are made together, in their order. */
export class Mutation {
  readonly steps: readonly Step[]
  /** Steps that later ones made superfluous. When the mutation has been made they count as made. */
  readonly #superseded: readonly Step[]

  private constructor (steps: readonly Step[], superseded: readonly Step[]) {
    this.steps = steps
    this.#superseded = superseded
  }

  /** The mutation of a single step. */
  static of (step: Step): Mutation {
    return new Mutation([step], [])
  }

  /** The memory that it takes, in bytes, about. */
  get bytes (): number {
    return [...this.#superseded, ...this.steps]
      .reduce((sum, step) => sum + stepOverhead + ('snapshot' in step ? 2 * step.snapshot.canonical.length : 0), 0)
  }

  /** Whether the session will be the same whatever it was before. */
  get isAbsolute (): boolean {
    return this.steps[0]?.type === 'remove' || this.steps[0]?.type === 'replace'
  }

  /** Whether all it does is to end the session. */
  get isRemoval (): boolean {
    return this.steps[0]?.type === 'remove' && this.applyTo(null) === null
  }

  /** This mutation, which has not been made yet, and then `step`. */
  coalesce (step: Step): Mutation {
    if (step.type === 'remove' || step.type === 'replace') return new Mutation([step], [...this.#superseded, ...this.steps])
    const last = this.steps.at(-1)
    const isOfSameSession = step.type === 'merge' && last?.type === 'merge' && last.base === step.base
    return new Mutation([...isOfSameSession ? this.steps.slice(0, -1) : this.steps, step], this.#superseded)
  }

  /** This mutation and then `later`. */
  concat (later: Mutation): Mutation {
    const all = later.steps.reduce((mutation: Mutation, step) => mutation.coalesce(step), this)
    return new Mutation(all.steps, [...all.#superseded, ...later.#superseded])
  }

  /** The state of a session after this mutation; `null`: it does not exist. */
  applyTo (state: SessionState, onMerge?: OnMerge): SessionState {
    // A base moves on with each step. The bases themselves do so when the file has been written: see `commit`.
    const bases = new Map<MergeBase, SessionText>()
    for (const step of this.#superseded) if ('base' in step) bases.set(step.base, textOf(step.snapshot))
    for (const step of this.steps) {
      state = applyStep(step, state, bases, onMerge)
      if ('base' in step) bases.set(step.base, textOf(step.snapshot))
    }
    return state
  }

  /** To be called when this mutation has reached the file: what its sessions saved is their merge base from now on. */
  commit (): void {
    for (const step of [...this.#superseded, ...this.steps]) {
      if (!('base' in step)) continue
      const { base, snapshot } = step
      if (base.text?.canonical !== snapshot.canonical) base.text = textOf(snapshot)
      base.recordedAt = snapshot.lastUsedAt
    }
  }
}

function applyStep (step: Step, state: SessionState, bases: ReadonlyMap<MergeBase, SessionText>, onMerge?: OnMerge): SessionState {
  switch (step.type) {
    case 'remove': return null
    case 'replace': return replaced(step.snapshot, state)
    case 'touch': return state === null || state === 'unreadable' ? state : touched(step, state)
    default: {
      const base = bases.get(step.base) ?? step.base.text
      // The first save of a new session.
      if (base === null) return replaced(step.snapshot, state)
      if (state === null) return null
      if (state === 'unreadable' || step.type === 'replace-if-present') return replaced(step.snapshot, state)
      return rebase(step.snapshot, base, state, onMerge)
    }
  }
}

// `snapshot`, which was made from `base`, on top of `theirs`, which is there by now.
function rebase (snapshot: Snapshot, base: SessionText, theirs: CurrentSession, onMerge?: OnMerge): SessionState {
  const { canonical } = theirs.text
  if (canonical === base.canonical || canonical === snapshot.canonical) return replaced(snapshot, theirs)
  const lastUsedAt = laterUse(snapshot.lastUsedAt, theirs.lastUsedAt)
  if (snapshot.canonical === base.canonical) return { ...theirs, lastUsedAt }
  return Result.combine([canonicalSession(base), canonicalSession(textOf(snapshot)), canonicalSession(theirs.text)])
    .map(([base, mine, theirs]): SessionState => {
      onMerge?.(conflicts(base, mine, theirs))
      return currentSession(merge(base, mine, theirs), lastUsedAt)
    })
    // What is there is not a session.
    .unwrapOr(replaced(snapshot, theirs))
}

function replaced ({ canonical, cookie, lastUsedAt }: Snapshot, state: SessionState): CurrentSession {
  const previous = state === null || state === 'unreadable' ? lastUsedAt : state.lastUsedAt
  return { text: SessionText.ofCanonical(canonical), cookie, lastUsedAt: laterUse(lastUsedAt, previous) }
}

function touched ({ cookie, lastUsedAt, ttl }: Step & { type: 'touch' }, state: CurrentSession): CurrentSession {
  const isExpired = canonicalSession(state.text).map(session => expiresAt(session, state.lastUsedAt, ttl) <= lastUsedAt).unwrapOr(true)
  if (isExpired) return state
  const usedAt = laterUse(lastUsedAt, state.lastUsedAt)
  if (cookie === null) return { ...state, lastUsedAt: usedAt }
  return Result.combine([canonicalSession(state.text), canonicalSession(textOf(cookie))])
    .map(([session, { cookie }]) => currentSession({ ...session, ...(cookie !== undefined && { cookie }) }, usedAt))
    .unwrapOr({ ...state, lastUsedAt: usedAt })
}

// A slow request does not move the last use back. What differs by more was meant: an earlier expiry, or a clock that was ahead.
function laterUse (mine: number, theirs: number): number {
  return theirs - mine > clockSkewMs ? mine : Math.max(mine, theirs)
}

function currentSession (session: StoredSession, lastUsedAt: number): CurrentSession {
  return { text: SessionText.ofCanonical(JSON.stringify(session)), cookie: datedCookie(session.cookie, lastUsedAt), lastUsedAt }
}

// Only canonical JSON can be compared: the dates of a rolling cookie differ after each use.
function canonicalSession (text: SessionText): Result<StoredSession, NotASession> {
  return SessionText.ofCanonical(text.canonical).parse()
}

function textOf ({ canonical }: Snapshot): SessionText {
  return SessionText.ofCanonical(canonical)
}
