import { setImmediate as nextTurn } from 'node:timers/promises'
import { FileStore, type ListedSession, type StoreOptions } from '../../src/index.ts'
import { asPluginSession, type PluginSession } from '../plugin-session.ts'
import { checkedCallback } from './checked-callback.ts'
import { changeSession, type Driver, type DriverOptions, type Fields, type Operation, type Reply } from './driver.ts'
import { ttl } from './lifetimes.ts'
import { owner } from './owned.ts'

/**
 * Performs operations on a store of its own in this process, whose time stands
 * still between operations: store and plugin both ask `Date.now`.
 */
export class StoreDriver implements Driver {
  readonly #directory: string
  readonly #options: StoreOptions
  readonly #live = new Map<number, { readonly id: string, readonly session: PluginSession }>()
  #store: FileStore
  #now = 0
  #reported: string[] = []

  constructor (directory: string, { options, isOwned }: DriverOptions) {
    this.#directory = directory
    this.#options = { ...options, ...(isOwned && { owner }), ttl, touchInterval: 0, pruneInterval: 0, onFailure: ({ type }) => { this.#reported.push(type) } }
    this.#store = new FileStore(directory, this.#options)
  }

  async perform (operation: Operation, now: number): Promise<Reply> {
    this.#now = now
    Date.now = () => now
    this.#reported = []
    const { value, error } = await this.#call(operation).then(
      value => ({ value, error: null }),
      (cause: unknown) => ({ value: null, error: typeOf(cause) })
    )
    // The store reports in a turn of its own.
    await nextTurn()
    // Only here may a new session have the id of one that was loaded, by which the store recognizes unsupported plugins. A
    // busy machine makes a disk slow.
    const isNoted = (type: string) => type !== 'disk-slow' && (operation.type !== 'create' || type !== 'unsupported-plugin')
    const reported = this.#reported.filter(isNoted)
    return { value, error, reported: reported.sort() }
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
      case 'create': return await this.#create(operation)
      case 'save': return await this.#save(operation)
      case 'list': return await this.#collect(this.#store.list({ expired: operation.isExpiredToo }))
      case 'list-owner': return await this.#collect(this.#store.listOwner(operation.owner))
      case 'revoke-owner': return await this.#store.revokeOwner(operation.owner, operation.except === null ? {} : { except: operation.except })
      case 'count': return await this.#count()
      case 'prune': return await this.#prune()
      case 'clear': return await checkedCallback(callback => store.clear(callback))
      case 'restart':
        await store.close()
        this.#store = new FileStore(this.#directory, this.#options)
        return null
      case 'flush': return await store.close()
      case 'concurrent': return await Promise.all(operation.operations.map(one => this.#call(one)))
    }
  }

  async #load ({ id, slot }: Operation & { type: 'load' }): Promise<unknown> {
    const session = await checkedCallback(callback => this.#store.get(id, callback)) as Fields | null
    this.#live.delete(slot)
    if (session !== null) this.#live.set(slot, { id, session: asPluginSession(session, this.#now) })
    return plain(session)
  }

  async #create ({ id, slot, fields, cookie }: Operation & { type: 'create' }): Promise<unknown> {
    const session = { ...asPluginSession(fields, this.#now), cookie } as unknown as PluginSession
    this.#live.set(slot, { id, session })
    return await checkedCallback(callback => this.#store.set(id, session as never, callback))
  }

  async #save (operation: Operation & { type: 'save' }): Promise<unknown> {
    const live = this.#live.get(operation.slot)
    if (live === undefined) throw new Error('there is nothing to save')
    changeSession(live.session, operation, this.#now)
    return await checkedCallback(callback => this.#store.set(live.id, live.session as never, callback))
  }

  async #collect (sessions: AsyncIterable<ListedSession>): Promise<unknown> {
    const listed: Record<string, unknown> = {}
    for await (const { id, session, lastUsedAt, expiresAt } of sessions) {
      if (Object.hasOwn(listed, id)) throw new Error(`${id} is listed twice`)
      listed[id] = { session: plain(session), lastUsedAt: lastUsedAt.getTime(), expiresAt: expiresAt.getTime() }
    }
    return listed
  }

  async #count (): Promise<unknown> {
    const ids = await checkedCallback(callback => this.#store.ids(callback)) as string[]
    const all = await checkedCallback(callback => this.#store.all(callback)) as unknown[]
    return { ids: ids.sort(), all: all.length, length: await checkedCallback(callback => this.#store.length(callback)) }
  }

  async #prune (): Promise<unknown> {
    const { durationMs, ...counts } = await this.#store.prune()
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
