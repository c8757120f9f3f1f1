import type { Session } from 'fastify'
import { callBackLater, optionalCallback, requiredCallback, type Callback } from './callbacks.ts'
import type { ListedSession } from './list.ts'
import { loadRecord } from './load.ts'
import { callbackError } from './observability/messages.ts'
import { StoreOperations } from './operations.ts'
import { sessionFile } from './path.ts'
import { hasCookie, type StoredSession } from './session/session.ts'

/** The optional methods of an express-session store, for tools that were made for those. */
export abstract class ExpressOperations extends StoreOperations {
  /** Calls back with every session that has not expired. */
  all (callback: Callback<Session[]>): void {
    callBackLater(this.#collect(({ session }) => session), requiredCallback(callback))
  }

  /** Calls back with the id of every session that has not expired. */
  ids (callback: Callback<string[]>): void {
    callBackLater(this.#collect(({ id }) => id), requiredCallback(callback))
  }

  /** Calls back with the number of sessions that have not expired. */
  length (callback: Callback<number>): void {
    callBackLater(this.#collect(() => null).then(sessions => sessions.length), requiredCallback(callback))
  }

  /**
   * Removes every session, and calls back when they are gone. Files that are not certainly sessions are kept, as they
   * are by `prune`.
   */
  clear (callback?: Callback): void {
    callBackLater(this.#clear(), optionalCallback(callback) ?? (error => { if (error) this.report({ type: 'scan-failed', directory: this.directory, cause: error }) }))
  }

  async #collect<T> (map: (listed: ListedSession<Session>) => T): Promise<T[]> {
    const collected: T[] = []
    for await (const listed of this.#listed(false)) collected.push(map(listed))
    return collected
  }

  // What reaches a callback names no path.
  async * #listed (expired: boolean): AsyncGenerator<ListedSession<Session>, void, undefined> {
    try {
      yield * this.list({ expired })
    } catch (cause) {
      throw callbackError({ type: 'scan-failed', directory: this.directory, cause })
    }
  }

  async #clear (): Promise<void> {
    for await (const { id, session } of this.#listed(true)) {
      if (hasCookie(session as StoredSession) || await this.#isEncrypted(id)) await this.revoke(id)
    }
  }

  async #isEncrypted (id: string): Promise<boolean> {
    return await sessionFile(this.directory, id, this.options)
      .asyncAndThen(file => loadRecord(file, this.readOptions))
      .map(record => record?.text.isEncrypted ?? false)
      .unwrapOr(false)
  }
}
