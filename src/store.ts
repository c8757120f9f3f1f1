import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import { andThen, deliver, type Answer } from './answer.ts'
import { SessionDirectory } from './directory.ts'
import type { SessionError } from './errors.ts'
import type { ListedSession } from './list.ts'
import { settingsOf, type StoreOptions } from './options.ts'
import type { Pruned } from './prune.ts'
import { errorOf } from './report.ts'

/** Called when something is done, with an `Error` (whose `cause` is the failure) when it could not be. */
export type Done = (error?: any) => void

/**
 * A session store for `@fastify/session` that keeps each session as a JSON file
 * in one directory. Any number of stores and processes may share a directory.
 *
 * ```ts
 * app.register(fastifySession, { secret, store: new FileStore('./sessions') })
 * ```
 */
export class FileStore implements SessionStore {
  readonly #sessions: SessionDirectory

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
    this.#sessions = new SessionDirectory(directory, settingsOf(options))
  }

  /** The path of the file that holds the session `id`. Throws a `TypeError` for an id that cannot be one. */
  sessionFile (id: string): string {
    return this.#sessions.file(id).match(
      file => file,
      failure => { throw new TypeError(errorOf(failure).message, { cause: failure }) }
    )
  }

  /**
   * Calls back with the session `id`, a new object, or with `null` when there
   * is none or it has expired. One that cannot be read or parsed is none too,
   * and goes to `onFailure`. While the disk is fast, `done` is called before
   * this returns.
   */
  get (id: string, done: (error: any, session?: Session | null) => void): void {
    deliver(andThen(this.#sessions.file(id), file => this.#sessions.read(file)), result => {
      if (result.isErr()) this.#sessions.report(result.error)
      // The disk holds what the application set; its own Session type is its word for that.
      done(null, result.unwrapOr(null) as Session | null)
    })
  }

  /**
   * Makes `session` what the next `get` gives, and calls back when its file
   * says so. What did not change is not written, only that it was used; then,
   * while the disk is fast, `done` is called before this returns. A session
   * that a request loaded and that was ended meanwhile is not brought back.
   */
  set (id: string, session: Session, done: Done): void {
    finish(andThen(this.#sessions.file(id), file => this.#sessions.set(file, session)), done)
  }

  /** Removes the session `id`, and calls back when its file is gone. That there was none is no error. */
  destroy (id: string, done: Done): void {
    finish(andThen(this.#sessions.file(id), file => this.#sessions.remove(file)), done)
  }

  /**
   * Makes this moment the last use of the session `id`, and its cookie that of
   * `session`; its other content stays. One that is gone stays so, without an
   * error. For tools written against express-session; `@fastify/session` never calls it.
   */
  touch (id: string, session: Session, done: Done): void {
    finish(andThen(this.#sessions.file(id), file => this.#sessions.touch(file, session)), done)
  }

  /**
   * The sessions in the directory, as `listSessions` gives them, and those that
   * are about to be there; `expired` ones only when asked for.
   */
  async * list (options: { readonly expired?: boolean } = {}): AsyncGenerator<ListedSession<Session>, void, undefined> {
    yield * this.#sessions.list(options) as AsyncGenerator<ListedSession<Session>, void, undefined>
  }

  /** Ends the session `id`, if there is one: its next request finds none, and none under way brings it back. Rejects with an `Error`. */
  async revoke (id: string): Promise<void> {
    const result = await andThen(this.#sessions.file(id), file => this.#sessions.remove(file))
    if (result.isErr()) throw errorOf(result.error)
  }

  /**
   * Ends each session that `test` is true for, and says how many those were.
   * Rejects with the `Error` of the first that could not be ended, when the
   * others are.
   */
  async revokeWhere (test: (stored: ListedSession<Session>) => boolean): Promise<number> {
    let count = 0
    let error: unknown = null
    for await (const stored of this.list()) {
      if (!test(stored)) continue
      await this.revoke(stored.id).then(() => { count++ }, (cause: unknown) => { error ??= cause })
    }
    if (error !== null) throw error
    return count
  }

  /** `pruneSessions` on this directory, whoever else does so. Rejects with an `Error`. */
  async prune (): Promise<Pruned> {
    const result = await this.#sessions.prune()
    if (result.isErr()) throw errorOf(result.error)
    return result.value
  }

  /**
   * Stops pruning, and resolves when everything that was set or destroyed has
   * reached the disk, or failed to. The store still answers after that.
   */
  async close (): Promise<void> {
    await this.#sessions.close()
  }

  /** Calls back with every session that has not expired. For tools written against express-session, like the next three. */
  all (done: (error: any, sessions?: Session[]) => void): void {
    callBack(this.#collect(({ session }) => session), done)
  }

  /** Calls back with the id of every session that has not expired. */
  ids (done: (error: any, ids?: string[]) => void): void {
    callBack(this.#collect(({ id }) => id), done)
  }

  /** Calls back with how many sessions have not expired. */
  length (done: (error: any, length?: number) => void): void {
    callBack(this.#collect(() => null).then(sessions => sessions.length), done)
  }

  /** Removes every session, and calls back when they are gone. Files that hold none stay. */
  clear (done: Done): void {
    callBack(this.#clear(), done)
  }

  async #collect<T> (map: (listed: ListedSession<Session>) => T): Promise<T[]> {
    const collected = []
    for await (const listed of this.list()) collected.push(map(listed))
    return collected
  }

  async #clear (): Promise<void> {
    for await (const { id } of this.list({ expired: true })) await this.revoke(id)
  }
}

function finish (answer: Answer<unknown, SessionError>, done: Done): void {
  deliver(answer, result => {
    if (result.isErr()) done(errorOf(result.error))
    else done()
  })
}

// From outside the promise: what `done` throws is its caller's exception.
function callBack<T> (promise: Promise<T>, done: (error: any, value?: T) => void): void {
  promise.then(
    value => process.nextTick(done, null, value),
    (cause: unknown) => process.nextTick(done, cause)
  )
}
