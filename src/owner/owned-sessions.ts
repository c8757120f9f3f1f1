import { basename } from 'node:path'
import { ok, type ResultAsync } from 'neverthrow'
import { settledOk } from '../async/result.ts'
import type { IndexFailed, ReadFailure } from '../errors.ts'
import { systemTime } from '../fs/version.ts'
import { loadRecord, type LoadOptions } from '../load.ts'
import { sessionFile, sessionId, type PathOptions } from '../path.ts'
import type { PruneVisitor } from '../pruning/options.ts'
import type { SessionText } from '../session/session-text.ts'
import type { StoredSession } from '../session/session.ts'
import type { ReplacedContents } from '../write.ts'
import { OwnerIndex, type OwnerIndexOptions, type RemovalOptions } from './owner-index.ts'
import { dueSince } from './verification.ts'

/** What owned sessions are known by: the index, and how their files are named and read. */
export type OwnedSessionsOptions = OwnerIndexOptions & LoadOptions & PathOptions & {
  /** Called for each session whose pointer could not be made. */
  readonly onFailure?: (failure: IndexFailed) => void
}

/** What a prune does for the index. */
export interface VisitorOptions {
  /** Whether all sessions are verified, and not only those that are due. */
  readonly isFull?: boolean
  /** Ends the visit early. */
  readonly signal?: AbortSignal | undefined
}

/** Keeps the index of owners up to date with the changes of the sessions. */
export class OwnedSessions {
  readonly index: OwnerIndex
  readonly #directory: string
  readonly #options: OwnedSessionsOptions
  // How many pointers could not be made.
  #missing = 0

  constructor (directory: string, options: OwnedSessionsOptions) {
    this.index = new OwnerIndex(directory, options)
    this.#directory = directory
    this.#options = options
  }

  /**
   * Replaces a session by `replace`, whose value says whether it did. Makes the pointer of the new owner before that, and
   * removes that of the former one after it.
   */
  replacing<E> (file: string, { before, after }: ReplacedContents, replace: () => ResultAsync<boolean, E>): ResultAsync<boolean, E> {
    if (before?.canonical === after.canonical) return replace()
    const [former, owner] = [before === null ? null : this.#ownerIn(before), this.#ownerOfNew(file, after)]
    if (former === owner) return replace()
    return this.#index(owner, this.#idOf(file), this.#options.durable)
      .andThen(replace)
      .andThen(isReplaced => isReplaced ? this.#reconcile(former, owner, file).map(() => true) : settledOk(false))
  }

  /** Removes a session by `remove`, and its pointer after that. */
  removing<T, E> (file: string, remove: () => ResultAsync<T, E>): ResultAsync<T, E> {
    return this.#stored(file).orElse(() => ok(null))
      .andThen(owner => remove().andThen(value => (owner === null ? settledOk(null) : this.#reconcile(owner, owner, file)).map(() => value)))
  }

  /**
   * What a prune does for the index: it completes one that is not, removes pointers with their sessions, makes those that
   * are missing, and removes those whose sessions are gone. `finish` is called when the prune has come to its end.
   */
  async visitor ({ isFull = false, signal }: VisitorOptions = {}): Promise<PruneVisitor & { readonly finish: () => Promise<void> }> {
    const { index } = this
    const start = systemTime()
    const verifiedAt = await index.completeness.verifiedAt()
    const build = verifiedAt === null ? (await index.completeness.beginBuild(start)).unwrapOr(null) : null
    const isDue = verifiedAt === null || isFull ? () => true : dueSince(verifiedAt, start)
    const missing = this.#missing
    let isWhole = true
    return {
      mustRead: isDue,
      live: async (id, session) => { await this.#index(index.ownerOf(session), id) },
      unread: () => { isWhole = false },
      // It has been expired for longer than any write takes.
      removed: async (id, session) => { await this.#reconcile(index.ownerOf(session), index.ownerOf(session), this.#fileOf(id), { isPendingKept: false }) },
      finish: async () => {
        const isSound = isWhole && missing === this.#missing
        if (isSound && build !== null) await index.completeness.markComplete(build)
        if (isSound && verifiedAt !== null) await index.completeness.markVerified(start)
        await index.sweep(name => !signal?.aborted && isDue(name))
      }
    }
  }

  // The owner of the session that is in the file.
  #stored (file: string): ResultAsync<string | null, ReadFailure> {
    return loadRecord(file, this.#options).map(record => record === null ? null : this.#ownerIn(record.text))
  }

  // The application's function may not be fit for every session: the operator must hear of it, as `revokeOwner` misses these.
  #ownerOfNew (file: string, text: SessionText): string | null {
    return text.parse().andThen(session => this.index.findOwner(session))
      .orTee(cause => this.#options.onFailure?.({ type: 'index-failed', file, cause }))
      .unwrapOr(null)
  }

  #ownerIn (text: SessionText): string | null {
    return text.parse().map((session: StoredSession) => this.index.ownerOf(session)).unwrapOr(null)
  }

  // Removes the pointer of a former owner. Meanwhile another process may have removed that of the owner, or given the session
  // back to the former one and found the pointer still there. A session that cannot be read counts as that of `assumed`.
  #reconcile (former: string | null, assumed: string | null, file: string, options?: RemovalOptions): ResultAsync<unknown, never> {
    return this.#remove(former, file, options)
      .andThen(() => this.#stored(file).orElse(() => ok(assumed)))
      .andThen(owner => this.#add(owner, file))
  }

  #remove (owner: string | null, file: string, options?: RemovalOptions): ResultAsync<unknown, never> {
    if (owner === null) return settledOk(undefined)
    return this.index.remove(owner, this.#idOf(file), () => this.#stored(file).map(stored => stored !== owner), options).orElse(() => ok(undefined))
  }

  #add (owner: string | null, file: string): ResultAsync<unknown, never> {
    return this.#index(owner, this.#idOf(file))
  }

  // A session whose pointer cannot be made is written all the same: it is found by a scan then.
  #index (owner: string | null, id: string, isFlushed = false): ResultAsync<unknown, never> {
    if (owner === null) return settledOk(undefined)
    return this.index.add(owner, id)
      .andThen(() => isFlushed ? this.index.flush(owner) : settledOk(undefined))
      .orElse(cause => {
        this.#missing++
        this.#options.onFailure?.({ type: 'index-failed', file: this.#fileOf(id), cause })
        return this.index.completeness.markIncomplete()
      })
      .orElse(() => ok(undefined))
  }

  #idOf (file: string): string {
    return sessionId(basename(file), this.#options)!
  }

  #fileOf (id: string): string {
    return sessionFile(this.#directory, id, this.#options).unwrapOr('')
  }
}
