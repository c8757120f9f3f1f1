import { ok, type Result, type ResultAsync } from 'neverthrow'
import { attempt, settled, settledOk } from '../async/result.ts'
import type { NotSerializable } from '../errors.ts'
import { clockSkewMs, recordingInterval } from '../session/expiry.ts'
import { attachMergeBaseToPluginSession, findMergeBase, isPluginSession, type MergeBase } from '../session/merge-base.ts'
import { snapshotOf, type Snapshot } from '../session/snapshot.ts'
import type { Mutation, UnwrittenMutations } from './mutation.ts'
import type { Step } from './step.ts'
import { WriteBehindQueue } from './write-behind.ts'
import { WriteQueue, type Apply } from './write-queue.ts'

/** What a `SessionQueue` is made with. */
export interface SessionQueueOptions<T, E> {
  /** Applies a mutation to the file. */
  readonly apply: Apply<T, E>
  /** Whether a change is accepted when it is on the disk, or before. */
  readonly acknowledge: 'disk' | 'memory'
  readonly merge: boolean
  readonly clock: () => number
  /** In milliseconds. */
  readonly ttl: number
  /** In milliseconds. */
  readonly touchInterval: number
  /** Called with the failures of changes that had been accepted. */
  readonly onFailure: (failure: E) => void
  /** See `WriteBehindOptions`. */
  readonly isRefusal?: (failure: E) => boolean
}

/**
 * The operations on the sessions of a store: in the order of the calls, those that overlap coalesced, each change on top
 * of what others have changed since the session was loaded.
 */
export class SessionQueue<T, E> {
  readonly #options: SessionQueueOptions<T, E>
  readonly #writes: WriteQueue<T, E>
  readonly #writeBehind: WriteBehindQueue<T, E> | null

  constructor (options: SessionQueueOptions<T, E>) {
    this.#options = options
    const apply: Apply<T, E> = (file, mutation) => options.apply(file, mutation).map(value => {
      mutation.commit()
      return value
    })
    this.#writes = new WriteQueue(apply)
    this.#writeBehind = options.acknowledge === 'memory' ? new WriteBehindQueue({ ...options, apply }) : null
  }

  /** The changes that were accepted and are not in the files yet; `null` when a change is accepted only when it is. */
  get unwritten (): UnwrittenMutations | null {
    return this.#writeBehind
  }

  /** Resolves when all changes that were called so far are in the files, or `unwritten`. */
  async settle (): Promise<void> {
    await this.#queue.settle()
  }

  /** Whether operations on the session in `file` are under way, or changes of it not written yet. */
  has (file: string): boolean {
    return this.#queue.has(file)
  }

  /** The number of sessions with operations under way. */
  get size (): number {
    return this.#queue.size
  }

  /** Reads a session after the changes that were called before. */
  read<U, F> (file: string, read: (pending: Mutation | null) => ResultAsync<U, F>): ResultAsync<U, F> {
    return this.#writeBehind?.read(file, read) ?? this.#writes.read(file, () => read(null))
  }

  /**
   * Sets a session. The value is `'unchanged'` without a call to the disk when a loaded session did not change and its
   * last use was recorded a moment ago.
   */
  write (file: string, session: object): ResultAsync<T | 'unchanged' | undefined, NotSerializable | E> {
    const { merge, clock } = this.#options
    const now = clock()
    const base = findMergeBase(session, file) ?? newBase(file, session)
    return settled(snapshotOf(session, { now, countedFrom: base === null ? null : expiryCountedSince(base) }))
      .mapErr(cause => ({ type: 'not-serializable' as const, file, cause }))
      .andThen((snapshot): ResultAsync<T | 'unchanged' | undefined, E> => {
        if (base === null) return this.#mutate(file, { type: 'replace', snapshot })
        if (this.#isRecorded(file, snapshot, base, now)) return settledOk('unchanged')
        // A session that was loaded was used until now. When one that was made in this request was last used follows from its
        // cookie's `expires`.
        const used = base.loadedAt === null ? snapshot : { ...snapshot, lastUsedAt: now }
        return this.#mutate(file, { type: merge ? 'merge' : 'replace-if-present', snapshot: used, base })
      })
  }

  /** Records a use, and the cookie of `session` if it has one; the other content stays. */
  touch (file: string, session: { readonly cookie?: unknown } | null | undefined): ResultAsync<T | undefined, NotSerializable | E> {
    const { clock, ttl } = this.#options
    const now = clock()
    return attempt(() => session?.cookie)
      .andThen((cookie): Result<Snapshot | null, unknown> => cookie === undefined || cookie === null ? ok(null) : snapshotOf({ cookie }, { now }))
      .mapErr(cause => ({ type: 'not-serializable' as const, file, cause }))
      .andThen(cookie => this.#mutate(file, { type: 'touch', cookie, lastUsedAt: cookie?.lastUsedAt ?? now, ttl }))
  }

  /** Ends a session. */
  remove (file: string): ResultAsync<T | undefined, E> {
    return this.#mutate(file, { type: 'remove' })
  }

  /** Resolves when no change is waiting or under way. */
  async drain (): Promise<void> {
    await this.#queue.drain()
  }

  get #queue (): WriteQueue<T, E> | WriteBehindQueue<T, E> {
    return this.#writeBehind ?? this.#writes
  }

  #mutate (file: string, step: Step): ResultAsync<T | undefined, E> {
    return this.#queue.mutate(file, step)
  }

  // Whether the file need not be touched for this: it would only be given a time that differs by a moment.
  #isRecorded (file: string, { canonical, cookie }: Snapshot, { text, recordedLastUse }: MergeBase, now: number): boolean {
    if (text === null || text.mustRewrite || text.canonical !== canonical || this.has(file)) return false
    const { ttl, touchInterval } = this.#options
    const age = now - recordedLastUse
    return age < recordingInterval(cookie?.originalMaxAge ?? ttl, touchInterval) && age > -clockSkewMs
  }
}

// From when the expiry of the cookie was counted: for a session that was made in a request, that of its last save.
function expiryCountedSince ({ loadedAt, text, recordedLastUse }: MergeBase): number | null {
  return loadedAt ?? (text === null ? null : recordedLastUse)
}

// A session that was made in a request has a base from its first save on.
function newBase (file: string, session: object): MergeBase | null {
  if (!isPluginSession(session)) return null
  const base = { file, text: null, recordedLastUse: 0, loadedAt: null }
  attachMergeBaseToPluginSession(session, base)
  return base
}
