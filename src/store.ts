import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import type { Result, ResultAsync } from 'neverthrow'
import { settled, toCallback } from './async/result.ts'
import { optionalCallback, requiredCallback, type Callback } from './callbacks.ts'
import type { InvalidId, RemoveFailed, SessionError, WriteFailed } from './errors.ts'
import { ExpressOperations } from './express-operations.ts'
import { callbackError, operatorMessage } from './observability/messages.ts'
import { resolveOptions, type StoreOptions } from './options.ts'
import { sessionFile } from './path.ts'
import type { Mutation } from './queue/mutation.ts'
import { readSession } from './read.ts'
import { removeSession } from './remove.ts'
import { PluginSupport } from './session/plugin-support.ts'
import { writeIfChanged, type Outcome } from './write.ts'

/**
 * A session store for `@fastify/session` that keeps each session as a JSON file in a directory. Any number of stores and
 * processes may share a directory.
 *
 * ```ts
 * app.register(fastifySession, { secret, store: new FileStore('./sessions') })
 * ```
 */
export class FileStore extends ExpressOperations implements SessionStore {
  readonly #plugin = new PluginSupport()

  /**
   * Makes no call to the disk: the first write makes a missing directory. A relative path is resolved against the
   * current directory of this moment.
   *
   * Throws a `TypeError` that names the directory or the option that is not as expected.
   */
  constructor (directory: string, options: StoreOptions = {}) {
    if (typeof directory !== 'string' || directory === '') {
      throw new TypeError('FileStore needs a directory: a path that is not empty')
    }
    super(directory, resolveOptions(options))
  }

  /** The path of the file of the session `id`. Throws a `TypeError` for an id that cannot name a file. */
  sessionFile (id: string): string {
    return sessionFile(this.directory, id, this.options).match(
      file => file,
      failure => { throw new TypeError(operatorMessage(failure), { cause: failure }) }
    )
  }

  /**
   * Calls back with the session `id`, a new object, or with `null` when there is none or it has expired. One that cannot
   * be read is none either, and is reported to the operator. While the disk is fast, `callback` is called before this
   * returns.
   */
  get (id: string, callback: (error: any, session?: Session | null) => void): void {
    requiredCallback(callback)
    const session = this.#file(id).andThen(file =>
      this.queue.read(file, pending => readSession(file, pending === null ? this.readOptions : { ...this.readOptions, pending })))
    toCallback(session, result => {
      if (result.isErr()) this.report(result.error)
      const isFound = result.isOk() && result.value !== null
      if (isFound) this.#plugin.loaded(id)
      this.statistics.got(id, isFound)
      // The file holds what the application has set, whose type of a session only the application knows.
      callback(null, result.unwrapOr(null) as Session | null)
    })
  }

  /**
   * Makes `session` what the next `get` gives, and calls back when its file holds it. While the disk is fast that is
   * before this returns. What did not change is not written; only its use is recorded. A session that a request has
   * loaded and that was ended meanwhile is not brought back.
   */
  set (id: string, session: Session, callback?: Callback): void {
    const written = this.#file(id).andThen(file => {
      if (this.#plugin.isMissing(id, session, file)) this.report({ type: 'unsupported-plugin', directory: this.directory })
      return this.queue.write(file, session)
    })
    this.#finish(written, callback, () => this.statistics.set(id))
  }

  /** Ends the session `id`, and calls back when its file is gone. That there was none is not an error. */
  destroy (id: string, callback?: Callback): void {
    this.#finish(this.#file(id).andThen(file => this.queue.remove(file)), callback, () => this.statistics.destroyed(id))
  }

  /**
   * Makes this moment the last use of the session `id`, and its cookie that of `session`; its other content stays. A
   * session that is gone stays so, without an error. For tools made for express-session: `@fastify/session` does not
   * call it.
   */
  touch (id: string, session: { readonly cookie?: unknown } | null | undefined, callback?: Callback): void {
    this.#finish(this.#file(id).andThen(file => this.queue.touch(file, session)), callback)
  }

  protected apply (file: string, mutation: Mutation): ResultAsync<Outcome | boolean, WriteFailed | RemoveFailed> {
    return mutation.isRemoval ? removeSession(file, this.writeOptions) : writeIfChanged(file, mutation, this.writeOptions)
  }

  #file (id: string): ResultAsync<string, InvalidId> {
    this.start()
    return settled(sessionFile(this.directory, id, this.options))
  }

  // Without a callback a failure is reported to the operator.
  #finish (result: ResultAsync<unknown, SessionError>, callback: Callback | undefined, count?: () => void): void {
    const done = optionalCallback(callback)
    count?.()
    toCallback(result, (result: Result<unknown, SessionError>) => {
      if (result.isOk()) return done?.()
      if (done === undefined) return this.report(result.error)
      this.statistics.failed(result.error)
      done(callbackError(result.error))
    })
  }
}
