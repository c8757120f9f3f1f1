import { setImmediate as turn } from 'node:timers/promises'
import type { SessionError } from '../src/errors.ts'
import { FileStore } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'

/** The fields of a session, its cookie among them. */
export type Fields = Record<string, unknown>

/** One thing that an application does to a store; structured cloning takes it to another process. */
export type Operation =
  | { readonly type: 'get' | 'destroy', readonly id: string, readonly isThrowing: boolean }
  | { readonly type: 'set', readonly id: string, readonly session: Fields, readonly isThrowing: boolean }
  | { readonly type: 'touch', readonly id: string, readonly session: Fields }
  | { readonly type: 'revoke', readonly id: string }
  | { readonly type: 'load', readonly id: string, readonly slot: number }
  | { readonly type: 'save', readonly slot: number, readonly changes: Fields, readonly dates: Fields }
  | { readonly type: 'list', readonly isExpiredToo: boolean }
  | { readonly type: 'count' | 'prune' | 'restart' | 'settle' }
  | { readonly type: 'together', readonly operations: readonly Operation[] }

/** What came of it. */
export interface Reply {
  readonly value: unknown
  /** The type of the failure that the callback was given, or `null`. */
  readonly error: string | null
  /** The types of the failures that `onFailure` saw meanwhile. */
  readonly seen: readonly string[]
}

/** An application that does as it is told, at the time that it is told, with a store of its own. */
export class Player {
  readonly #directory: string
  readonly #options: StoreOptions
  readonly #live = new Map<number, { readonly id: string, readonly session: Fields }>()
  #store: FileStore
  #now = 0
  #seen: string[] = []

  constructor (directory: string, options: StoreOptions) {
    this.#directory = directory
    this.#options = {
      ...options,
      pruneInterval: 0,
      clock: () => this.#now,
      onFailure: ({ type }: SessionError) => { this.#seen.push(type) }
    }
    this.#store = new FileStore(directory, this.#options)
  }

  /** Does it, and resolves when the store has called back and everything it has to say is said. */
  async play (operation: Operation, now: number): Promise<Reply> {
    this.#now = now
    this.#seen = []
    const { value, error } = await this.#act(operation).then(
      value => ({ value, error: null }),
      (cause: unknown) => ({ value: null, error: typeOf(cause) })
    )
    // A failure is seen in a turn of its own.
    await turn()
    return { value, error, seen: this.#seen.sort() }
  }

  async close (): Promise<void> {
    await this.#store.close()
  }

  async #act (operation: Operation): Promise<unknown> {
    const store = this.#store
    switch (operation.type) {
      case 'get': return plain(await calledBack(done => store.get(operation.id, done), operation.isThrowing))
      case 'set': return await calledBack(done => store.set(operation.id, operation.session as never, done), operation.isThrowing)
      case 'destroy': return await calledBack(done => store.destroy(operation.id, done), operation.isThrowing)
      case 'touch': return await calledBack(done => store.touch(operation.id, operation.session as never, done))
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
      case 'settle': return await store.close()
      case 'together': return await Promise.all(operation.operations.map(one => this.#act(one)))
    }
  }

  // Goes on with the session as `@fastify/session` does: see `attachBase`.
  async #load ({ id, slot }: Operation & { type: 'load' }): Promise<unknown> {
    const session = await calledBack(done => this.#store.get(id, done)) as Fields | null
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
    return await calledBack(done => this.#store.set(live.id, live.session as never, done))
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
    const ids = await calledBack(done => this.#store.ids(done)) as string[]
    const all = await calledBack(done => this.#store.all(done)) as unknown[]
    return { ids: ids.sort(), all: all.length, length: await calledBack(done => this.#store.length(done)) }
  }

  async #prune (): Promise<unknown> {
    const { took, ...counts } = await this.#store.prune()
    return counts
  }
}

/**
 * What the callback is given. One that throws does it as the last thing, and
 * its exception must come out where a caller's does: from the call itself, or
 * uncaught. A callback that runs twice is a mistake.
 */
async function calledBack (call: (done: (error?: any, value?: any) => void) => void, isThrowing = false): Promise<unknown> {
  const thrown = new Error('thrown by a callback')
  let count = 0
  const answer = await new Promise<{ error: unknown, value: unknown }>((resolve, reject) => {
    let answered: { error: unknown, value: unknown }
    const done = (error: unknown, value: unknown) => {
      count++
      answered = { error, value }
      if (isThrowing) throw thrown
      resolve(answered)
    }
    const caught = (error: unknown) => {
      process.off('uncaughtException', caught)
      if (error === thrown) resolve(answered)
      else reject(error)
    }
    if (isThrowing) process.on('uncaughtException', caught)
    try {
      call(done)
    } catch (error) {
      caught(error)
    }
  })
  await turn()
  if (count !== 1) throw new Error(`the callback ran ${count} times`)
  if (answer.error) throw answer.error
  return answer.value
}

function plain (session: unknown): unknown {
  return session === null ? null : structuredClone(session)
}

function typeOf (cause: unknown): string {
  if (!(cause instanceof Error)) return `no Error but ${String(cause)}`
  const { cause: failure } = cause
  return typeof failure === 'object' && failure !== null && 'type' in failure ? String(failure.type) : String(cause.stack)
}
