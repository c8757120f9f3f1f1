import { inspect } from 'node:util'
import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import type { Result, ResultAsync } from 'neverthrow'
import { settled, settledErr, toCallback } from './async/result.ts'
import { optionalCallback, requiredCallback, type Callback } from './callbacks.ts'
import type { InvalidId, RemoveFailed, SessionFailure, WriteFailed } from './errors.ts'
import { ExpressOperations } from './express-operations.ts'
import { callbackError, operatorMessage } from './observability/messages.ts'
import { resolveOptions, type StoreOptions } from './options.ts'
import { sessionFile } from './path.ts'
import type { Mutation } from './queue/mutation.ts'
import { readSession } from './read.ts'
import { removeSession } from './remove.ts'
import { PluginSupport, unsendableCookie } from './session/plugin-support.ts'
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
      throw new TypeError(`FileStore needs a directory: a path that is not empty, and not ${inspect(directory, { depth: 0 })}`)
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
   * be read counts as none, and is reported to the operator. While the disk is fast, `callback` is called before this
   * returns.
   */
  get (id: string, callback: (error: any, session?: Session | null) => void): void {
    requiredCallback(callback)
    const session = this.#file(id).andThen(file => this.queue.read(file, pending => readSession(file, this.context.readOptions, pending)))
    toCallback(session, result => {
      if (result.isErr()) this.context.report(result.error)
      const isFound = result.isOk() && result.value !== null
      if (isFound) this.#plugin.loaded(id)
      this.context.statistics.got(id, isFound)
      // The file holds what the application has set, whose type of a session only the application knows.
      callback(null, result.unwrapOr(null) as Session | null)
    })
  }

  /**
   * Saves `session`, merged with what others have changed since it was loaded, and calls back when it is on the disk (with
   * `acknowledge: 'memory'`, when it is accepted). While the disk is fast that is before this returns. What did not change
   * is not written; only its use is recorded. A session that was ended since it was loaded is not brought back, which is
   * not an error.
   */
  set (id: string, session: Session, callback?: Callback): void {
    this.#finish(() => this.#file(id).andThen(file => {
      if (this.#plugin.detectsUnsupported(id, session, file)) this.context.report({ type: 'unsupported-plugin', directory: this.directory })
      const unsendable = this.#isLate(file) ? unsendableCookie(session) : null
      return unsendable === null ? this.queue.write(file, session) : settledErr({ type: 'not-serializable' as const, file, cause: unsendable })
    }), callback, () => this.context.statistics.set(id))
  }

  /**
   * Ends the session `id`, and calls back when its file is gone (with `acknowledge: 'memory'`, when the end is accepted).
   * That there was none is not an error.
   */
  destroy (id: string, callback?: Callback): void {
    this.#finish(() => this.#file(id).andThen(file => this.queue.remove(file)), callback, () => this.context.statistics.destroyed(id))
  }

  /**
   * Records a use of the session `id` (as the cookie of `session` says, otherwise now), and replaces its cookie by that of
   * `session` if it has one; its other content is kept. A session that has ended is not brought back, without an error.
   * For tools made for express-session: `@fastify/session` does not call it.
   */
  touch (id: string, session: { readonly cookie?: unknown } | null | undefined, callback?: Callback): void {
    this.#finish(() => this.#file(id).andThen(file => this.queue.touch(file, session)), callback)
  }

  /** @internal */
  protected apply (file: string, mutation: Mutation): ResultAsync<Outcome | boolean, WriteFailed | RemoveFailed> {
    return mutation.isRemoval ? removeSession(file, this.context.writeOptions) : writeIfChanged(file, mutation, this.context.writeOptions)
  }

  // Whether the callback of a change comes later.
  #isLate (file: string): boolean {
    return this.options.durable || !this.context.writeOptions.disk.isSync || this.queue.has(file)
  }

  #file (id: string): ResultAsync<string, InvalidId> {
    this.start()
    return settled(sessionFile(this.directory, id, this.options))
  }

  // Without a callback a failure is reported to the operator. With one that is no function nothing is done.
  #finish (operation: () => ResultAsync<unknown, SessionFailure>, callback: Callback | undefined, count?: () => void): void {
    const done = optionalCallback(callback)
    const result = operation()
    count?.()
    toCallback(result, (result: Result<unknown, SessionFailure>) => {
      if (result.isOk()) return done?.()
      if (done === undefined) return this.context.report(result.error)
      this.context.statistics.failed(result.error)
      done(callbackError(result.error))
    })
  }
}
