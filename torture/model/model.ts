import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ensure } from '../trial.ts'
import type { Command, Content, Cookie } from './commands.ts'
import type { Driver, Fields, Operation, Reply } from './driver.ts'
import { writeFromOutside } from './edit.ts'
import { asJson, entryOf, expiryOf, lastUseOf, mergeFields, readFailureOf, sessionOf, type Entry } from './entry.ts'
import { gracePeriod, ttl } from './lifetimes.ts'

/** A session that a request has loaded and goes on with. */
interface LiveSession {
  readonly id: string
  /** Whether the store finds its merge base, which it attaches to the cookie. */
  readonly hasBase: boolean
  fields: Fields
  lastUsedAt: number
}

/** An operation, and what it must give. */
interface Expected {
  readonly operation: Operation
  readonly reply: Reply
}

interface ModelOptions {
  readonly isEncrypting: boolean
  readonly isWriteBehind: boolean
  /** The file name of an id. */
  readonly nameOf: (id: string) => string
}

/** A directory of sessions as a `Map` with a clock. */
export class Model {
  readonly #directory: string
  readonly #options: ModelOptions
  readonly #entries = new Map<string, Entry>()
  readonly #live = new Map<string, LiveSession>()
  #now = Date.parse('2030-01-02T03:04:05.678Z')
  #lastDriver = 0

  constructor (directory: string, options: ModelOptions) {
    this.#directory = directory
    this.#options = options
  }

  /** Runs a command in the model and by its driver, and fails when they do not agree. */
  async run (command: Command, drivers: readonly Driver[]): Promise<void> {
    if (command.type === 'advance') {
      this.#now += command.milliseconds
      return
    }
    if (command.type === 'edit') return await this.#edit(command)
    const number = command.driver % drivers.length
    const driver = drivers[number] as Driver
    // Writes of different stores in one millisecond are told apart by the microseconds of the real clock.
    if (number !== this.#lastDriver) this.#now++
    this.#lastDriver = number
    if (this.#options.isWriteBehind && command.type === 'prune') await driver.perform({ type: 'flush' }, this.#now)
    const expected = this.#expect(command, number)
    if (expected === null) return
    const reply = await driver.perform(expected.operation, this.#now)
    ensure(isDeepStrictEqual(reply, expected.reply), () =>
      `${describe(expected.operation)} at ${this.#now} by driver ${number}:\n  gave     ${describe(reply)}\n  expected ${describe(expected.reply)}`)
  }

  /** Fails unless `names`, those in the directory, are those of the model, and the right files are encrypted. */
  async checkDirectory (names: readonly string[]): Promise<void> {
    const { nameOf } = this.#options
    const expected = [...this.#entries.keys()].map(nameOf).sort()
    ensure(isDeepStrictEqual(names, expected), `the directory holds ${describe(names)}, expected ${describe(expected)}`)
    for (const [id, { fields, encryptedFor }] of this.#entries) {
      if (fields === null) continue
      const isEncrypted = (await readFile(join(this.#directory, nameOf(id)), 'utf8')).startsWith('{"sealed":1')
      ensure(isEncrypted === (encryptedFor !== null), `${id} is ${isEncrypted ? '' : 'not '}encrypted`)
    }
  }

  #expect (command: Exclude<Command, { type: 'advance' | 'edit' }>, driver: number): Expected | null {
    switch (command.type) {
      case 'get': return { operation: command, reply: this.#get(command.id) }
      case 'set': {
        const session = { ...command.fields, ...this.#cookie(command.cookie) }
        this.#set(command.id, session)
        return { operation: { ...command, session }, reply: replyOf() }
      }
      case 'destroy':
      case 'revoke':
        this.#entries.delete(command.id)
        return { operation: command, reply: replyOf() }
      case 'touch': return this.#touch(command.id, this.#cookie(command.cookie))
      case 'load': return this.#load(command, driver)
      case 'save': return this.#save(command, driver)
      case 'list': return { operation: { type: 'list', isExpiredToo: command.isExpiredToo }, reply: this.#list(command.isExpiredToo) }
      case 'count': return { operation: { type: 'count' }, reply: this.#count() }
      case 'prune': return { operation: { type: 'prune' }, reply: replyOf(this.#prune()) }
      case 'restart':
        for (const key of this.#live.keys()) if (key.startsWith(`${driver} `)) this.#live.delete(key)
        return { operation: { type: 'restart' }, reply: replyOf(null) }
      case 'concurrent': {
        const all = command.commands.map(one => this.#expect(one, driver)).filter(one => one !== null)
        const replies = all.map(({ reply }) => reply)
        return {
          operation: { type: 'concurrent', operations: all.map(({ operation }) => operation) },
          reply: { value: replies.map(({ value }) => value), error: null, reported: replies.flatMap(({ reported }) => reported).sort() }
        }
      }
    }
  }

  #get (id: string): Reply {
    const entry = this.#entries.get(id)
    if (entry === undefined) return replyOf(null)
    const failure = readFailureOf(id, entry)
    if (failure !== null) return { value: null, error: null, reported: [failure] }
    return replyOf(expiryOf(entry) <= this.#now ? null : sessionOf(entry))
  }

  #set (id: string, session: Fields): void {
    const lastUsedAt = lastUseOf(session, this.#now)
    this.#entries.set(id, { ...entryOf(session, lastUsedAt), encryptedFor: this.#options.isEncrypting ? id : null })
  }

  #touch (id: string, session: Fields): Expected {
    const operation = { type: 'touch', id, session } as const
    const entry = this.#entries.get(id)
    if (entry === undefined) return { operation, reply: replyOf() }
    const failure = readFailureOf(id, entry)
    if (failure !== null) return { operation, reply: { value: null, error: failure, reported: [] } }
    if (expiryOf(entry) > this.#now) this.#set(id, { ...entry.fields, ...session })
    return { operation, reply: replyOf() }
  }

  #load ({ id, slot }: Command & { type: 'load' }, driver: number): Expected {
    const reply = this.#get(id)
    const key = `${driver} ${slot}`
    this.#live.delete(key)
    const entry = this.#entries.get(id)
    if (reply.value !== null && entry?.fields) {
      this.#live.set(key, { id, hasBase: 'cookie' in entry.fields, fields: entry.fields, lastUsedAt: entry.lastUsedAt })
    }
    return { operation: { type: 'load', id, slot }, reply }
  }

  #save ({ slot, changes, isRolling }: Command & { type: 'save' }, driver: number): Expected | null {
    const live = this.#live.get(`${driver} ${slot}`)
    if (live === undefined) return null
    const { id, hasBase, fields: base } = live
    const entry = this.#entries.get(id)
    const mine = asJson({ ...base, ...changes })
    const cookie = mine['cookie'] as Fields | undefined
    const maxAge = cookie?.['originalMaxAge'] as number | null | undefined
    const lastUsedAt = maxAge && !isRolling && entry?.lastUsedAt === live.lastUsedAt ? live.lastUsedAt : this.#now
    const expires = new Date(lastUsedAt + (maxAge ?? 0))
    const dates = maxAge ? { expires, originalExpires: expires } : {}
    const operation = { type: 'save', slot, changes, dates } as const
    live.fields = mine
    live.lastUsedAt = lastUsedAt
    if (!hasBase || entry !== undefined) {
      const theirs = entry === undefined || readFailureOf(id, entry) !== null ? base : entry.fields as Fields
      const merged = hasBase ? mergeFields(base, mine, theirs) : mine
      this.#set(id, cookie === undefined ? merged : { ...merged, cookie: { ...cookie, ...dates } })
    }
    return { operation, reply: replyOf() }
  }

  #list (isExpiredToo: boolean): Reply {
    const reported: string[] = []
    const value: Record<string, unknown> = {}
    for (const [id, entry] of this.#entries) {
      const failure = readFailureOf(id, entry)
      if (failure !== null) {
        reported.push(failure)
        continue
      }
      const expiresAt = expiryOf(entry)
      if (isExpiredToo || expiresAt > this.#now) value[id] = { session: sessionOf(entry), usedAt: entry.lastUsedAt, expiresAt }
    }
    return { value, error: null, reported: reported.sort() }
  }

  #count (): Reply {
    const { value, reported } = this.#list(false)
    const ids = Object.keys(value as object).sort()
    // Each of the three methods reads all files.
    return { value: { ids, all: ids.length, length: ids.length }, error: null, reported: [...reported, ...reported, ...reported].sort() }
  }

  #prune (): object {
    const counts = { looked: 0, removed: 0, kept: 0, unreadable: 0, temporary: 0 }
    for (const [id, entry] of [...this.#entries]) {
      counts.looked++
      const failure = readFailureOf(id, entry)
      const expiresAt = failure === null ? expiryOf(entry) : failure === 'malformed' ? entry.lastUsedAt + ttl : Infinity
      const isExpired = this.#now - gracePeriod >= expiresAt
      counts[isExpired ? 'removed' : failure === null ? 'kept' : 'unreadable']++
      if (isExpired) this.#entries.delete(id)
    }
    return counts
  }

  async #edit ({ id, how, other }: Command & { type: 'edit' }): Promise<void> {
    this.#now++
    const fileOf = (id: string) => join(this.#directory, this.#options.nameOf(id))
    if (how.type === 'remove') {
      this.#entries.delete(id)
      return await rm(fileOf(id), { force: true })
    }
    const entry = how.type === 'copy' ? this.#entries.get(other) : this.#writtenEntry(how.content)
    if (entry === undefined) return
    const content = how.type === 'copy' ? await readFile(fileOf(other)) : this.#textOf(how.content)
    this.#entries.set(id, { ...entry, lastUsedAt: this.#now })
    await writeFromOutside(fileOf(id), content, { isInPlace: how.isInPlace, now: this.#now })
  }

  #writtenEntry (content: Content): Entry {
    if (typeof content === 'string') return { fields: null, lastUsedAt: this.#now, encryptedFor: null }
    return { ...entryOf({ ...content.fields, ...this.#cookie(content.cookie) }, this.#now), encryptedFor: null }
  }

  #textOf (content: Content): string {
    return typeof content === 'string' ? content : JSON.stringify({ ...content.fields, ...this.#cookie(content.cookie) })
  }

  /** The cookie of a session that is used now. */
  #cookie (cookie: Cookie): { cookie?: Fields } {
    if (cookie === null) return {}
    const { maxAge, expiresIn, hasOriginalExpires } = cookie
    const lifetime = maxAge ?? expiresIn
    const expires = lifetime === null ? null : new Date(this.#now + lifetime)
    return { cookie: { path: '/', originalMaxAge: maxAge, expires, ...(hasOriginalExpires ? { originalExpires: expires } : {}) } }
  }
}

function replyOf (value: unknown = undefined): Reply {
  return { value, error: null, reported: [] }
}

function describe (value: unknown): string {
  return JSON.stringify(value)
}
