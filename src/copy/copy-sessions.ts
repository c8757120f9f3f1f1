import { err, ok, ResultAsync, type Result } from 'neverthrow'
import type { StoredSession } from '../session/session.ts'
import { isUsedLater } from './cookie-dates.ts'
import { defaultConcurrency, eachSession } from './each-session.ts'
import { isEnded } from './ended-note.ts'
import type { CopyError } from './errors.ts'
import { destroySession, getSession, type KeyedStore } from './keyed-store.ts'
import { abortSignal, boolean, func, milliseconds, positiveInteger, unchecked, validateOptions } from './options.ts'
import { replicate } from './replicate.ts'
import { CopyTally, type CopyFailure, type CopyOutcome, type CopyProgress, type CopyReport } from './report.ts'
import { Retry } from './retry.ts'
import { hasExpired, sourceOf, type ListableStore, type SourceOptions, type SourceSession } from './source.ts'

/** How to copy sessions. `extension`, `ttl` and `secret` are for a source that is a directory. */
export interface CopyOptions extends SourceOptions {
  /**
   * How many sessions are copied at the same time: a whole number above 0.
   * @default 64
   */
  readonly concurrency?: number
  /**
   * Whether nothing is written: the report says what would be.
   * @default false
   */
  readonly dryRun?: boolean
  /**
   * For how long a session that could not be read or written is tried again while every other one fails too, in
   * milliseconds: for a Redis that restarts. 0: once is enough.
   * @default 10_000
   */
  readonly maxRetryTime?: number
  /** Called after each session with the counts so far. */
  readonly onProgress?: (progress: CopyProgress) => void
  /** Called after each session with what became of it. */
  readonly onSession?: (id: string, outcome: CopyOutcome) => void
  /** Stops the copy. The sessions that are being copied are finished first; one that changes meanwhile again and again fails. */
  readonly signal?: AbortSignal
}

const validators = {
  // By `FileStore` and `Cipher`, if the source is a directory.
  extension: unchecked,
  ttl: unchecked,
  secret: unchecked,
  concurrency: positiveInteger,
  dryRun: boolean,
  maxRetryTime: milliseconds,
  onProgress: func,
  onSession: func,
  signal: abortSignal
}

// A target that is gone fails every session. Continuing through a million of them is useless.
const giveUpAfter = 100

const defaultMaxRetryTime = 10_000

/**
 * Copies the sessions of `source`, a directory, a `FileStore` or any store that has `ids` or `all`, to `target`, any
 * store. Resolves to how many had which outcome, and which could not be copied. The source is not changed.
 *
 * A session that the target has already is written only if it was used in the source later than in the target. Expired
 * ones stay behind. It may run while the sessions are in use through `movingStore`, and any number of times: each
 * run copies what is not yet there.
 *
 * Fails with `source-failed` when the source cannot be listed, with that or `target-failed` when 100 sessions in a row
 * could not be read or written within `maxRetryTime`, and with `copy-aborted`. Each has the report up to there. Throws a
 * `TypeError` that names the option, if one is not as expected.
 *
 * ```ts
 * const result = await copySessions('./sessions', new RedisStore({ client }))
 * ```
 */
export function copySessions (source: string | ListableStore, target: KeyedStore, options: CopyOptions = {}): ResultAsync<CopyReport, CopyError> {
  validateOptions<CopyOptions>('copySessions', options, validators)
  return new ResultAsync(new Copy(source, target, options).run())
}

class SourceError extends Error {}

class Copy {
  readonly #tally = new CopyTally()
  readonly #unreadable = new Map<string, unknown>()
  readonly #source
  readonly #target
  readonly #options
  readonly #retry
  #failuresInARow = 0
  #error: { readonly type: CopyError['type'], readonly cause: unknown } | null = null

  constructor (source: string | ListableStore, target: KeyedStore, options: CopyOptions) {
    this.#source = sourceOf(source, options, (id, failure) => this.#unreadable.set(id, failure))
    this.#target = target
    this.#options = options
    this.#retry = new Retry(options.maxRetryTime ?? defaultMaxRetryTime, options.signal)
  }

  async run (): Promise<Result<CopyReport, CopyError>> {
    const { concurrency = defaultConcurrency } = this.#options
    try {
      await eachSession(this.#source.list(), concurrency, session => this.#copyOne(session), () => this.#isStopped())
    } catch (cause) {
      this.#stop('source-failed', cause)
    }
    for (const [id, cause] of this.#unreadable) this.#failed({ id, cause })
    const { report } = this.#tally
    return this.#error === null ? ok(report) : err({ ...this.#error, report })
  }

  #copyOne (listed: SourceSession): Promise<void> {
    const { id } = listed
    const attempt = { hasWritten: false }
    return this.#retry.run(() => this.#copy(listed, attempt)).then(
      outcome => this.#copied(id, outcome),
      (cause: unknown) => {
        const isSource = cause instanceof SourceError
        const failure = { id, cause: isSource ? cause.cause : cause }
        this.#failed(failure)
        if (this.#isStopped()) return
        if (++this.#failuresInARow >= giveUpAfter) this.#stop(isSource ? 'source-failed' : 'target-failed', failure.cause)
      }
    )
  }

  #copied (id: string, outcome: Exclude<CopyOutcome, 'failed'>): void {
    this.#tally.add(outcome)
    this.#failuresInARow = 0
    this.#tell(id, outcome)
  }

  #failed (failure: CopyFailure): void {
    this.#tally.fail(failure)
    this.#tell(failure.id, 'failed')
  }

  #tell (id: string, outcome: CopyOutcome): void {
    try {
      this.#options.onSession?.(id, outcome)
      this.#options.onProgress?.(this.#tally.progress)
    } catch (cause) {
      this.#stop('copy-aborted', cause)
    }
  }

  // What an attempt that failed may have written to the target was not confirmed by the source.
  async #copy (listed: SourceSession, attempt: { hasWritten: boolean }): Promise<Exclude<CopyOutcome, 'failed'>> {
    const { id, expiresAt } = listed
    const session = listed.session ?? await this.#load(id)
    if (session === null) {
      if (attempt.hasWritten) await destroySession(this.#target, id)
      return 'ended'
    }
    if (hasExpired(session, expiresAt)) return 'expired'
    const [copy, ended] = await Promise.all([getSession(this.#target, id), isEnded(this.#target, id)])
    if (ended) return 'ended'
    if (copy !== null && (attempt.hasWritten ? isUsedLater(copy, session) : !isUsedLater(session, copy))) return 'present'
    const { dryRun, signal } = this.#options
    if (dryRun === true) return 'copied'
    const move = { from: this.#source.store, to: this.#target }
    attempt.hasWritten = true
    return await replicate(id, session, move, { isAbsenceEnd: true, expiresAt: expiresAt?.getTime(), signal }) === null ? 'ended' : 'copied'
  }

  async #load (id: string): Promise<StoredSession | null> {
    try {
      return await getSession(this.#source.store, id)
    } catch (cause) {
      throw new SourceError('The session cannot be read', { cause })
    }
  }

  #isStopped (): boolean {
    const { signal } = this.#options
    if (signal?.aborted === true) this.#stop('copy-aborted', signal.reason)
    return this.#error !== null
  }

  // The first reason is the one that is told.
  #stop (type: CopyError['type'], cause: unknown): undefined {
    this.#error ??= { type, cause }
  }
}
