import type { Session } from 'fastify'
import { settledOk } from './async/result.ts'
import { callBackLater, optionalCallback, requiredCallback, type Callback } from './callbacks.ts'
import type { ListedSession } from './list.ts'
import { loadRecord } from './load.ts'
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
   * Removes every session, and calls back when they are gone; with an error when one of them could not be removed, or not
   * be read. Files that are not certainly sessions are kept, as they are by `prune`.
   */
  clear (callback?: Callback): void {
    callBackLater(this.#clear(), optionalCallback(callback) ?? (error => { if (error) this.context.report(error.cause) }))
  }

  async #collect<T> (map: (listed: ListedSession<Session>) => T): Promise<T[]> {
    const collected: T[] = []
    for await (const listed of this.list()) collected.push(map(listed))
    return collected
  }

  async #clear (): Promise<void> {
    await this.revokeListed(async ({ id, session }) => hasCookie(session as StoredSession) || await this.#isEncrypted(id), { expired: true })
  }

  async #isEncrypted (id: string): Promise<boolean> {
    return await sessionFile(this.directory, id, this.options)
      .asyncAndThen(file => {
        const isUnwritten = (this.queue.unwritten?.mutationOf(file) ?? null) !== null
        if (isUnwritten && this.options.secret !== undefined) return settledOk(true)
        return loadRecord(file, this.context.readOptions).map(record => record?.text.isEncrypted ?? false)
      })
      .unwrapOr(false)
  }
}
