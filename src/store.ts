import { resolve } from 'node:path'
import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import { ok, type Result } from 'neverthrow'
import { andThen, deliver, type Answer } from './answer.ts'
import { SessionCache } from './cache.ts'
import { Disk } from './disk.ts'
import type { InvalidId, Malformed, NotSerializable, ReadFailed, RemoveFailed, SessionError, WriteFailed } from './errors.ts'
import type { StoredSession } from './expiry.ts'
import { settingsOf, type StoreOptions } from './options.ts'
import { sessionFile } from './path.ts'
import { ChangeQueue, type Change } from './queue.ts'
import { liveSession, readSession } from './read.ts'
import { removeSession } from './remove.ts'
import { errorOf, warner } from './report.ts'
import { Content, draftOf } from './text.ts'
import { writeDraft } from './write.ts'

/**
 * A session store for `@fastify/session` that keeps each session as a JSON file
 * in one directory. Any number of stores and processes may share a directory.
 *
 * ```ts
 * app.register(fastifySession, { secret, store: new FileStore('./sessions') })
 * ```
 */
export class FileStore implements SessionStore {
  readonly #directory: string
  readonly #settings
  readonly #queue: ChangeQueue<unknown, WriteFailed | RemoveFailed>
  readonly #onFailure: (failure: SessionError) => void

  /**
   * Asks nothing of the disk: a missing directory is made by the first write. A
   * relative one is taken from the current directory of this moment.
   *
   * Throws a `TypeError` that names an option that is not as expected.
   */
  constructor (directory: string, options: StoreOptions = {}) {
    if (typeof directory !== 'string' || directory === '') {
      throw new TypeError('FileStore needs a directory: a path that is not empty')
    }
    const { cacheSize, io, onFailure, ...settings } = settingsOf(options)
    this.#directory = resolve(directory)
    this.#settings = { ...settings, disk: new Disk(io), cache: new SessionCache(cacheSize) }
    this.#queue = new ChangeQueue((file, change) => this.#make(file, change))
    this.#onFailure = onFailure ?? warner()
  }

  /** The path of the file that holds the session `id`. Throws a `TypeError` for an id that cannot be one. */
  sessionFile (id: string): string {
    return this.#file(id).match(file => file, failure => { throw new TypeError(errorOf(failure).message, { cause: failure }) })
  }

  /**
   * Calls back with the session `id`, a new object, or with `null` when there
   * is none or it has expired. A session that cannot be read or parsed is none
   * too, and goes to `onFailure`. While the disk is fast, `done` is called
   * before this returns.
   */
  get (id: string, done: (error: any, session?: Session | null) => void): void {
    deliver(andThen(this.#file(id), file => this.#read(file)), result => {
      if (result.isErr()) process.nextTick(this.#onFailure, result.error)
      // The disk holds what the application once set; its own Session type is its word for that.
      done(null, result.unwrapOr(null) as Session | null)
    })
  }

  /**
   * Makes `session` what the next `get` gives, and calls back when its file
   * says so, or with an `Error` (whose `cause` is the failure) when it does
   * not. What did not change is not written, only that it was used; then, while
   * the disk is fast, `done` is called before this returns.
   */
  set (id: string, session: Session, done: (error?: any) => void): void {
    this.#change(id, done, file =>
      draftOf(session, this.#settings.clock()).mapErr(cause => ({ type: 'not-serializable' as const, file, cause })))
  }

  /** Removes the session `id`, and calls back when its file is gone, or with an `Error`. That there was none is no error. */
  destroy (id: string, done: (error?: any) => void): void {
    this.#change(id, done, () => ok(null))
  }

  #file (id: string): Result<string, InvalidId> {
    return sessionFile(this.#directory, id, this.#settings)
  }

  #read (file: string): Answer<StoredSession | null, ReadFailed | Malformed> {
    const change = this.#queue.latest(file)
    if (change === undefined) return readSession(file, this.#settings)
    if (change === null) return ok(null)
    return liveSession(new Content(change.settled), change.usedAt, this.#settings).mapErr(cause => ({ type: 'malformed' as const, file, cause }))
  }

  #change (id: string, done: (error?: any) => void, changeTo: (file: string) => Result<Change, NotSerializable>): void {
    const answer = andThen(this.#file(id), file => andThen(changeTo(file), change => this.#queue.add(file, change)))
    deliver(answer, result => {
      if (result.isErr()) done(errorOf(result.error))
      else done()
    })
  }

  #make (file: string, change: Change): Answer<unknown, WriteFailed | RemoveFailed> {
    return change === null ? removeSession(file, this.#settings) : writeDraft(file, change, this.#settings)
  }
}
