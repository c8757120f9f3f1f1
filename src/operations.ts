import { resolve } from 'node:path'
import type { Session } from 'fastify'
import { ResultAsync } from 'neverthrow'
import { guarded } from './async/result.ts'
import type { Callback } from './callbacks.ts'
import { checkDirectory } from './check.ts'
import { StoreContext } from './context.ts'
import type { ReadFailure, RemoveFailed, ScanFailed, WriteFailed } from './errors.ts'
import { errorCode } from './fs/errno.ts'
import { listSessions, type ListedSession } from './list.ts'
import { callbackError, operatorError } from './observability/messages.ts'
import type { StoreStats } from './observability/statistics.ts'
import type { ResolvedOptions } from './options.ts'
import { listOwner } from './owner/list-owner.ts'
import { requireNames, requireOwner } from './parameters.ts'
import type { PruneReport } from './pruning/options.ts'
import { pruneSessions } from './pruning/prune.ts'
import { PruneScheduler } from './pruning/scheduler.ts'
import type { Mutation } from './queue/mutation.ts'
import { SessionQueue } from './queue/session-queue.ts'
import type { Outcome } from './write.ts'

/** The methods of a store that `@fastify/session` does not call: what an operator does with the sessions. */
export abstract class StoreOperations {
  /** The absolute path of the directory. */
  readonly directory: string
  /** The options that the store was made with, and the defaults of the others. */
  readonly options: ResolvedOptions
  /** @internal */
  protected readonly context: StoreContext
  /** @internal */
  protected readonly queue: SessionQueue<Outcome | boolean, WriteFailed | RemoveFailed>
  readonly #scheduler: PruneScheduler

  protected constructor (directory: string, options: ResolvedOptions) {
    this.directory = resolve(directory)
    this.options = options
    this.context = new StoreContext(this.directory, options)
    const { owned, readOptions, report } = this.context
    this.queue = new SessionQueue({ ...options, apply: (file, mutation) => this.#applyAndCount(file, mutation), onFailure: report, isRefusal: isOfDisk })
    this.#scheduler = new PruneScheduler({
      directory: this.directory,
      disk: readOptions.disk,
      clock: options.clock,
      interval: options.pruneInterval,
      isUrgent: async () => owned !== null && !await owned.index.completeness.isComplete(),
      prune: signal => this.#pruneOrReport(signal)
    })
  }

  /** Ends a session: see `FileStore`. */
  abstract destroy (id: string, callback?: Callback): void

  /** Makes a mutation in the file. @internal */
  protected abstract apply (file: string, mutation: Mutation): ResultAsync<Outcome | boolean, WriteFailed | RemoveFailed>

  /**
   * The sessions of the directory, as `listSessions` gives them, with the changes that are not written yet; `expired`
   * ones only when asked for.
   */
  async * list (options: { readonly expired?: boolean } = {}): AsyncGenerator<ListedSession<Session>, void, undefined> {
    requireNames(options, ['expired'])
    yield * this.#list({ expired: options.expired ?? false })
  }

  /**
   * Ends the session `id`, if there is one: its next request finds none, and no request in flight brings it back.
   * Rejects with an `Error`.
   */
  revoke (id: string): Promise<void> {
    return new Promise((resolve, reject) => this.destroy(id, error => error ? reject(error) : resolve()))
  }

  /**
   * Ends each session for which `test` returns, or resolves to, `true`, and resolves to their number. Rejects with the
   * `Error` of the first that could not be ended, or could not be read and so not be tested, after it has tried the others.
   */
  async revokeWhere (test: (listed: ListedSession<Session>) => boolean | Promise<boolean>): Promise<number> {
    return await this.revokeListed(test)
  }

  /**
   * The sessions of an owner, as `list` gives them, without reading those of others. Until the index of a directory is
   * complete (the first prune makes it) it reads all. Throws a `TypeError` unless the store has the option `owner`, and for an
   * owner that is not a string.
   */
  async * listOwner (owner: string): AsyncGenerator<ListedSession<Session>, void, undefined> {
    yield * this.#listOwner(owner, () => {})
  }

  /**
   * Ends the sessions of an owner, except the one with the id `except`, and resolves to their number. Rejects with the
   * `Error` of the first that could not be ended, or may be the owner's and could not be read, after it has tried the others.
   */
  async revokeOwner (owner: string, options: { readonly except?: string } = {}): Promise<number> {
    requireNames(options, ['except'])
    const { except } = options
    const unread: ReadFailure[] = []
    const sessions = this.#listOwner(owner, (id, failure) => { if (id !== except) unread.push(failure) })
    return await this.#revokeAll(sessions, ({ id }) => id !== except, unread)
  }

  /**
   * Prunes the directory now, without waiting for the lease: see `pruneSessions`. With the option `owner` it reads all
   * sessions, and makes the pointers that are missing. Rejects with an `Error`.
   */
  async prune (): Promise<PruneReport> {
    const report = await this.#prune()
    if (report.isErr()) throw callbackError(report.error)
    return report.value
  }

  /**
   * Checks whether the directory can hold sessions, and makes it if it is missing. Resolves to warnings, which are
   * reported too; rejects with an `Error` whose message says what is wrong and what to do.
   */
  async check (): Promise<readonly string[]> {
    const warnings = await checkDirectory(this.directory, this.options)
    if (warnings.isErr()) throw operatorError(warnings.error)
    for (const reason of warnings.value) this.context.report({ type: 'directory-exposed', directory: this.directory, reason })
    return warnings.value
  }

  /** What the store has done since it was made. */
  stats (): StoreStats {
    return this.context.statistics.stats(this.queue.size)
  }

  /**
   * Stops pruning, and resolves when everything that was set or destroyed has reached the disk, or has failed to. The
   * store can still be used after that.
   */
  async close (): Promise<void> {
    await Promise.all([this.#scheduler.stop(), this.queue.drain()])
  }

  /** `revokeWhere`, also of sessions that have `expired`. @internal */
  protected async revokeListed (test: (listed: ListedSession<Session>) => boolean | Promise<boolean>, { expired = false }: { readonly expired?: boolean } = {}): Promise<number> {
    const unread: ReadFailure[] = []
    // What is malformed is nobody's session.
    const onUnread = (failure: ReadFailure) => { if (failure.type !== 'malformed') unread.push(failure) }
    return await this.#revokeAll(this.#list({ expired, onUnread }), test, unread)
  }

  /** Starts what runs in the background, at the first use. @internal */
  protected start (): void {
    this.#scheduler.start()
  }

  #applyAndCount (file: string, mutation: Mutation): ResultAsync<Outcome | boolean, WriteFailed | RemoveFailed> {
    const apply = () => this.apply(file, mutation)
    const { owned } = this.context
    const applying = owned !== null && mutation.isRemoval ? () => owned.removing(file, apply) : apply
    return guarded(applying, (cause): WriteFailed | RemoveFailed => ({ type: mutation.isRemoval ? 'remove-failed' : 'write-failed', file, cause })).map(outcome => {
      this.context.statistics.applied(file, outcome)
      return outcome
    })
  }

  // Only the application knows the type of its sessions. The error may reach a client, and names no path.
  async * #listed (sessions: AsyncIterable<ListedSession>): AsyncGenerator<ListedSession<Session>, void, undefined> {
    try {
      yield * sessions as AsyncIterable<ListedSession<Session>>
    } catch (cause) {
      throw callbackError({ type: 'scan-failed', directory: this.directory, cause })
    }
  }

  get #listOptions () {
    return { ...this.options, disk: this.context.readOptions.disk, unwritten: this.queue.unwritten, onFailure: this.context.report }
  }

  async * #list ({ expired, onUnread }: { readonly expired: boolean, readonly onUnread?: (failure: ReadFailure) => void }): AsyncGenerator<ListedSession<Session>, void, undefined> {
    await this.queue.settle()
    const onFailure = (failure: ReadFailure) => {
      this.context.report(failure)
      onUnread?.(failure)
    }
    yield * this.#listed(listSessions(this.directory, { ...this.#listOptions, expired, onFailure }))
  }

  async * #listOwner (owner: string, onUnread: (id: string, failure: ReadFailure) => void): AsyncGenerator<ListedSession<Session>, void, undefined> {
    if (this.context.owned === null) throw new TypeError('FileStore needs the option owner to list the sessions of an owner')
    requireOwner(owner)
    await this.queue.settle()
    const { index } = this.context.owned
    yield * this.#listed(listOwner(this.directory, owner, { ...this.#listOptions, index, onUnread }))
  }

  // `unread` is filled with the failures of the sessions that could not be read.
  async #revokeAll (sessions: AsyncIterable<ListedSession<Session>>, test: (listed: ListedSession<Session>) => boolean | Promise<boolean>, unread: readonly ReadFailure[]): Promise<number> {
    let count = 0
    const errors: unknown[] = []
    for await (const listed of sessions) {
      if (!await test(listed)) continue
      await this.revoke(listed.id).then(() => { count++ }, (error: unknown) => { errors.push(error) })
    }
    const [error = unread[0] && callbackError(unread[0])] = errors
    if (error !== undefined) throw error
    return count
  }

  async #pruneOrReport (signal: AbortSignal): Promise<void> {
    await this.#prune(signal).orTee(this.context.report)
  }

  #prune (signal?: AbortSignal): ResultAsync<PruneReport, ScanFailed> {
    const options = { ...this.options, disk: this.context.readOptions.disk, onFailure: this.context.report, ...(signal && { signal }) }
    return ResultAsync.fromSafePromise(this.context.owned?.visitor({ isFull: signal === undefined, signal }) ?? Promise.resolve(null)).andThen(visitor =>
      pruneSessions(this.directory, { ...options, visitor, hasChanges: (file: string) => this.queue.has(file) }).map(async report => {
        this.context.statistics.pruned(report)
        if (!signal?.aborted) await visitor?.finish()
        return report
      }))
  }
}

// Not that of a session that can no longer be decrypted.
function isOfDisk ({ cause }: WriteFailed | RemoveFailed): boolean {
  return errorCode(cause) !== undefined
}
