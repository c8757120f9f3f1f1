import { basename, resolve } from 'node:path'
import type { Session } from 'fastify'
import { ResultAsync } from 'neverthrow'
import { SessionCache } from './cache.ts'
import type { Callback } from './callbacks.ts'
import { checkDirectory } from './check.ts'
import type { RemoveFailed, ScanFailed, SessionError, WriteFailed } from './errors.ts'
import { Disk, writeLimits } from './fs/disk.ts'
import { listSession, listSessions, type ListedSession } from './list.ts'
import { callbackError, operatorError } from './observability/messages.ts'
import { Reporter } from './observability/reporter.ts'
import { Statistics, type StoreStats } from './observability/statistics.ts'
import type { ResolvedOptions } from './options.ts'
import { OwnedSessions } from './owner/owned-sessions.ts'
import { sessionFile, sessionId } from './path.ts'
import { pruneSessions, type PruneReport } from './pruning/prune.ts'
import { PruneScheduler } from './pruning/scheduler.ts'
import type { Mutation } from './queue/mutation.ts'
import { SessionQueue } from './queue/session-queue.ts'
import type { PendingOptions, ReadOptions } from './read.ts'
import type { StoredSession } from './session/session.ts'
import type { ObserveOptions, Outcome, WriteOptions } from './write.ts'

/** A store apart from what `@fastify/session` calls: what an operator does with the sessions. */
export abstract class StoreOperations {
  protected readonly directory: string
  protected readonly options: ResolvedOptions
  protected readonly readOptions: ReadOptions & PendingOptions & { readonly disk: Disk }
  protected readonly writeOptions: WriteOptions & ObserveOptions
  protected readonly statistics: Statistics
  protected readonly queue: SessionQueue<Outcome | boolean, WriteFailed | RemoveFailed>
  readonly #owned: OwnedSessions | null
  readonly #reporter: Reporter
  readonly #scheduler: PruneScheduler

  protected constructor (directory: string, options: ResolvedOptions) {
    this.directory = resolve(directory)
    this.options = options
    this.statistics = new Statistics(this.directory)
    this.#reporter = new Reporter(options)
    const cache = new SessionCache(options.cacheSize)
    const onSlow = (durationMs: number) => this.report({ type: 'disk-slow', directory: this.directory, durationMs })
    const observe = { onLookup: this.statistics.lookup, onMerge: this.statistics.merged }
    this.readOptions = { ...options, ...observe, cache, disk: new Disk(options.io) }
    this.writeOptions = { ...options, ...observe, cache, disk: new Disk(options.io, { limits: writeLimits, onSlow }), onFailure: this.report }
    const { owner } = options
    this.#owned = owner === undefined ? null : new OwnedSessions(this.directory, { ...options, owner, disk: this.writeOptions.disk! }, { ...this.readOptions, disk: this.writeOptions.disk! })
    this.queue = new SessionQueue({
      ...options,
      apply: (file, mutation) => this.#applyAndCount(file, mutation),
      onFailure: this.report
    })
    this.#scheduler = new PruneScheduler({
      directory: this.directory,
      disk: this.readOptions.disk,
      clock: options.clock,
      interval: options.pruneInterval,
      isUrgent: async () => this.#owned !== null && !await this.#owned.index.isComplete(),
      prune: signal => this.#pruneOrReport(signal)
    })
  }

  /** Ends a session: see `FileStore`. */
  abstract destroy (id: string, callback?: Callback): void

  /** Makes a mutation in the file. */
  protected abstract apply (file: string, mutation: Mutation): ResultAsync<Outcome | boolean, WriteFailed | RemoveFailed>

  /**
   * The sessions of the directory, as `listSessions` gives them, with the changes that are not written yet; `expired`
   * ones only when asked for.
   */
  async * list ({ expired = false }: { readonly expired?: boolean } = {}): AsyncGenerator<ListedSession<Session>, void, undefined> {
    await this.queue.settle()
    const options = { ...this.options, disk: this.readOptions.disk, expired, pending: this.queue.unwritten, onFailure: this.report }
    yield * listSessions(this.directory, options) as AsyncGenerator<ListedSession<Session>, void, undefined>
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
   * `Error` of the first that could not be ended, after it has tried the others.
   */
  async revokeWhere (test: (listed: ListedSession<Session>) => boolean | Promise<boolean>): Promise<number> {
    return await this.#revokeAll(this.list(), test)
  }

  /**
   * The sessions of an owner, as `list` gives them, without reading those of others. Until the index of a directory is
   * complete (the first prune makes it) it reads all. Throws a `TypeError` unless the store has the option `owner`.
   */
  async * listOwner (owner: string): AsyncGenerator<ListedSession<Session>, void, undefined> {
    if (this.#owned === null) throw new TypeError('FileStore needs the option owner to list the sessions of an owner')
    const { index } = this.#owned
    if (!await index.isComplete()) {
      for await (const listed of this.list()) if (index.ownerOf(listed.session as StoredSession) === owner) yield listed
      return
    }
    await this.queue.settle()
    const pending = this.queue.unwritten
    const ids = await index.ids(owner)
    for (const file of pending?.files() ?? []) ids.add(sessionId(basename(file), this.options) ?? '')
    for (const id of ids) {
      const listed = await this.#listOne(id, pending)
      if (listed !== null && index.ownerOf(listed.session) === owner) yield listed as ListedSession<Session>
      else await index.removeStale(owner, id)
    }
  }

  /**
   * Ends the sessions of an owner, except the one with the id `except`, and resolves to their number. Rejects with the
   * `Error` of the first that could not be ended, after it has tried the others.
   */
  async revokeOwner (owner: string, { except }: { readonly except?: string } = {}): Promise<number> {
    return await this.#revokeAll(this.listOwner(owner), ({ id }) => id !== except)
  }

  /** Prunes the directory now, whichever process is to do so next: see `pruneSessions`. Rejects with an `Error`. */
  async prune (): Promise<PruneReport> {
    const report = await this.#prune()
    if (report.isErr()) throw callbackError(report.error)
    return report.value
  }

  /**
   * Tries whether the directory can hold sessions, and makes it if it is missing. Resolves to warnings, which the
   * operator hears of too; rejects with an `Error` whose message says what is wrong and what to do.
   */
  async check (): Promise<readonly string[]> {
    const warnings = await checkDirectory(this.directory, this.options)
    if (warnings.isErr()) throw operatorError(warnings.error)
    for (const reason of warnings.value) this.report({ type: 'directory-exposed', directory: this.directory, reason })
    return warnings.value
  }

  /** What the store has done since it was made. */
  stats (): StoreStats {
    return this.statistics.stats(this.queue.size)
  }

  /**
   * Stops pruning, and resolves when everything that was set or destroyed has reached the disk, or has failed to. The
   * store can still be used after that.
   */
  async close (): Promise<void> {
    await Promise.all([this.#scheduler.stop(), this.queue.drain()])
  }

  /** Starts what runs in the background, at the first use. */
  protected start (): void {
    this.#scheduler.start()
  }

  /** Counts a failure, and tells the operator of it. */
  protected readonly report = (failure: SessionError): void => {
    this.statistics.failed(failure)
    this.#reporter.report(failure)
  }

  #applyAndCount (file: string, mutation: Mutation): ResultAsync<Outcome | boolean, WriteFailed | RemoveFailed> {
    const apply = () => this.apply(file, mutation)
    return (this.#owned === null ? apply() : this.#owned.apply(file, mutation, apply)).map(outcome => {
      this.statistics.applied(file, outcome)
      return outcome
    })
  }

  async #listOne (id: string, pending: SessionQueue<unknown, unknown>['unwritten']): Promise<ListedSession | null> {
    return await sessionFile(this.directory, id, this.options).match(
      file => listSession(id, file, { ...this.options, disk: this.readOptions.disk, pending, onFailure: this.report }),
      () => null
    )
  }

  async #revokeAll (sessions: AsyncIterable<ListedSession<Session>>, test: (listed: ListedSession<Session>) => boolean | Promise<boolean>): Promise<number> {
    let count = 0
    const errors: unknown[] = []
    for await (const listed of sessions) {
      if (!await test(listed)) continue
      await this.revoke(listed.id).then(() => { count++ }, (error: unknown) => { errors.push(error) })
    }
    if (errors.length > 0) throw errors[0]
    return count
  }

  async #pruneOrReport (signal: AbortSignal): Promise<void> {
    await this.#prune(signal).orTee(this.report)
  }

  #prune (signal?: AbortSignal): ResultAsync<PruneReport, ScanFailed> {
    const options = { ...this.options, disk: this.readOptions.disk, onFailure: this.report, ...(signal && { signal }) }
    return ResultAsync.fromSafePromise(this.#owned?.visitor() ?? Promise.resolve(null)).andThen(visitor =>
      pruneSessions(this.directory, { ...options, visitor }).map(async report => {
        this.statistics.pruned(report)
        if (!signal?.aborted) await visitor?.finish()
        return report
      }))
  }
}
