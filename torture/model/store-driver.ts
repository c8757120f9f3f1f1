import { setImmediate as nextTurn } from 'node:timers/promises'
import { FileStore } from '../../src/index.ts'
import type { SessionFailure, StoreOptions } from '../internals.ts'
import { checkedCallback } from './checked-callback.ts'
import type { Driver, Fields, Operation, Reply } from './driver.ts'

/** Performs operations on a store of its own in this process. */
export class StoreDriver implements Driver {
  readonly #directory: string
  readonly #options: StoreOptions
  readonly #live = new Map<number, { readonly id: string, readonly session: Fields }>()
  #store: FileStore
  #now = 0
  #reported: string[] = []

  constructor (directory: string, options: StoreOptions) {
    this.#directory = directory
    this.#options = {
      ...options,
      pruneInterval: 0,
      clock: () => this.#now,
      onFailure: ({ type }: SessionFailure) => { this.#reported.push(type) }
    }
    this.#store = new FileStore(directory, this.#options)
  }

  async perform (operation: Operation, now: number): Promise<Reply> {
    this.#now = now
    this.#reported = []
    const { value, error } = await this.#call(operation).then(
      value => ({ value, error: null }),
      (cause: unknown) => ({ value: null, error: typeOf(cause) })
    )
    // The store reports in a turn of its own.
    await nextTurn()
    return { value, error, reported: this.#reported.sort() }
  }

  async close (): Promise<void> {
    await this.#store.close()
  }

  async #call (operation: Operation): Promise<unknown> {
    const store = this.#store
    switch (operation.type) {
      case 'get': return plain(await checkedCallback(callback => store.get(operation.id, callback), operation.isThrowing))
      case 'set': return await checkedCallback(callback => store.set(operation.id, operation.session as never, callback), operation.isThrowing)
      case 'destroy': return await checkedCallback(callback => store.destroy(operation.id, callback), operation.isThrowing)
      case 'touch': return await checkedCallback(callback => store.touch(operation.id, operation.session as never, callback))
      case 'revoke': return await store.revoke(operation.id)
      case 'load': return await this.#load(operation)
      case 'save': return await this.#save(operation)
      case 'list': return await this.#list(operation.isExpiredToo)
      case 'count': return await this.#count()
      case 'prune': return await this.#prune()
      case 'restart':
        await store.close()
        this.#store = new FileStore(this.#directory, this.#options)
        return null
      case 'flush': return await store.close()
      case 'concurrent': return await Promise.all(operation.operations.map(one => this.#call(one)))
    }
  }

  // Goes on with the session as `@fastify/session` does: with the symbols of the cookie beside it.
  async #load ({ id, slot }: Operation & { type: 'load' }): Promise<unknown> {
    const session = await checkedCallback(callback => this.#store.get(id, callback)) as Fields | null
    this.#live.delete(slot)
    if (session !== null) {
      const cookie = session['cookie']
      const options = typeof cookie === 'object' && cookie !== null ? { [Symbol('options')]: { ...cookie } } : {}
      this.#live.set(slot, { id, session: { ...session, ...options } })
    }
    return plain(session)
  }

  async #save ({ slot, changes, dates }: Operation & { type: 'save' }): Promise<unknown> {
    const live = this.#live.get(slot)
    if (live === undefined) throw new Error('there is nothing to save')
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) delete live.session[name]
      else live.session[name] = value
    }
    if (Object.keys(dates).length > 0) Object.assign(live.session['cookie'] as Fields, dates)
    return await checkedCallback(callback => this.#store.set(live.id, live.session as never, callback))
  }

  async #list (expired: boolean): Promise<unknown> {
    const listed: Record<string, unknown> = {}
    for await (const { id, session, usedAt, expiresAt } of this.#store.list({ expired })) {
      if (Object.hasOwn(listed, id)) throw new Error(`${id} is listed twice`)
      listed[id] = { session: plain(session), usedAt: usedAt.getTime(), expiresAt: expiresAt.getTime() }
    }
    return listed
  }

  async #count (): Promise<unknown> {
    const ids = await checkedCallback(callback => this.#store.ids(callback)) as string[]
    const all = await checkedCallback(callback => this.#store.all(callback)) as unknown[]
    return { ids: ids.sort(), all: all.length, length: await checkedCallback(callback => this.#store.length(callback)) }
  }

  async #prune (): Promise<unknown> {
    const { took, ...counts } = await this.#store.prune()
    return counts
  }
}

function plain (session: unknown): unknown {
  return session === null ? null : structuredClone(session)
}

function typeOf (cause: unknown): string {
  if (!(cause instanceof Error)) return `not an Error: ${String(cause)}`
  const { cause: failure } = cause
  return typeof failure === 'object' && failure !== null && 'type' in failure ? String(failure.type) : String(cause.stack)
}
