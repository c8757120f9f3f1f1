import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ensure } from '../trial.ts'
import type { Command, Content, Cookie, RelativeCookieChange } from './commands.ts'
import type { CookieChange, Driver, Fields, Operation, Reply } from './driver.ts'
import { writeFromOutside } from './edit.ts'
import { asJson, expiryOf, readFailureOf, sessionOf, withoutMovingDates, type Entry } from './entry.ts'
import { OwnerChecks, type OwnerCommand } from './owner-checks.ts'
import { Sessions } from './sessions.ts'

/** An operation, and what it must give. */
interface Expected {
  readonly operation: Operation
  readonly reply: Reply
}

interface ModelOptions {
  readonly isEncrypting: boolean
  readonly isMerging: boolean
  readonly isWriteBehind: boolean
  readonly isOwned: boolean
  /** The file name of an id. */
  readonly nameOf: (id: string) => string
}

/** A directory of sessions as a `Map` with a clock: runs commands here and by drivers, and compares. */
export class Model {
  readonly #directory: string
  readonly #options: ModelOptions
  readonly #sessions: Sessions
  readonly #owners: OwnerChecks
  #now = Date.parse('2030-01-02T03:04:05.678Z')
  #lastDriver = 0

  constructor (directory: string, options: ModelOptions) {
    this.#directory = directory
    this.#options = options
    this.#sessions = new Sessions(options)
    this.#owners = new OwnerChecks({ directory, sessions: this.#sessions, nameOf: options.nameOf })
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
    // Both look at the files.
    if (this.#options.isWriteBehind && ['prune', 'clear', 'damage'].includes(command.type)) await driver.perform({ type: 'flush' }, this.#now)
    if (command.type === 'damage') return await this.#owners.damage(command)
    if (command.type === 'list-owner' || command.type === 'revoke-owner') return await this.#owners.run(command, driver, this.#now)
    const expected = this.#expect(command, number)
    if (expected === null) return
    const reply = this.#owners.withoutObstruction(await driver.perform(expected.operation, this.#now))
    // Until its first save has reached the file, the store does not know since when the expiry of a new session is counted.
    if (this.#options.isWriteBehind && command.type === 'create') await driver.perform({ type: 'flush' }, this.#now)
    ensure(isDeepStrictEqual(reply, expected.reply), () =>
      `${describe(expected.operation)} at ${this.#now} by driver ${number}:\n  gave     ${describe(reply)}\n  expected ${describe(expected.reply)}`)
    if (this.#options.isOwned && command.type === 'prune') await this.#owners.checkComplete()
  }

  /** Fails unless a prune by `driver` repairs the index of owners. */
  async checkIndex (driver: Driver, isAged: boolean): Promise<void> {
    if (this.#options.isOwned) await this.#owners.checkRepair(driver, this.#now, isAged)
  }

  /** Fails unless `names`, those in the directory, are those of the model, and the right files are encrypted. */
  async checkDirectory (names: readonly string[]): Promise<void> {
    const { nameOf } = this.#options
    const { entries } = this.#sessions
    const expected = [...entries.keys()].map(nameOf).sort()
    ensure(isDeepStrictEqual(names.filter(name => !this.#options.isOwned || name !== '.owners'), expected), `the directory holds ${describe(names)}, expected ${describe(expected)}`)
    for (const [id, { content, encryptedFor }] of entries) {
      if (typeof content === 'string') continue
      const isEncrypted = (await readFile(join(this.#directory, nameOf(id)), 'utf8')).startsWith('{"encrypted":"fastify-file-session-store/')
      ensure(isEncrypted === (encryptedFor !== null), `${id} is ${isEncrypted ? '' : 'not '}encrypted`)
    }
  }

  #expect (command: Exclude<Command, OwnerCommand | { type: 'advance' | 'edit' | 'damage' }>, driver: number): Expected | null {
    switch (command.type) {
      case 'get': return { operation: command, reply: this.#get(command.id) }
      case 'set': {
        const session = { ...command.fields, ...this.#cookie(command.cookie) }
        this.#sessions.set(command.id, session, this.#now)
        return { operation: { ...command, session }, reply: replyOf() }
      }
      case 'destroy':
      case 'revoke':
        this.#sessions.end(command.id)
        return { operation: command, reply: replyOf() }
      case 'touch': {
        const session = this.#cookie(command.cookie)
        const isUnreadable = this.#sessions.failureOf(command.id) !== null
        this.#sessions.touch(command.id, session, this.#now)
        return { operation: { type: 'touch', id: command.id, session }, reply: replyOf(undefined, isUnreadable ? ['touch-failed'] : []) }
      }
      case 'load':
      case 'create':
      case 'save': return this.#expectRequest(command, `${driver} ${command.slot}`)
      case 'list': return { operation: { type: 'list', isExpiredToo: command.isExpiredToo }, reply: this.#list(command.isExpiredToo) }
      case 'count': return { operation: { type: 'count' }, reply: this.#count() }
      case 'prune': return { operation: { type: 'prune' }, reply: replyOf(this.#sessions.prune(this.#now)) }
      case 'clear': {
        const { reported } = this.#list(true)
        this.#sessions.clear()
        // What is malformed is nobody's session.
        const error = reported.find(type => type !== 'malformed') ?? null
        return { operation: { type: 'clear' }, reply: { value: error === null ? undefined : null, error, reported } }
      }
      case 'restart':
        for (const slot of [0, 1]) this.#sessions.forget(`${driver} ${slot}`)
        return { operation: { type: 'restart' }, reply: replyOf(null) }
      case 'concurrent': return this.#expectAll(command.commands, driver)
    }
  }

  #expectRequest (command: Command & { type: 'load' | 'create' | 'save' }, key: string): Expected | null {
    switch (command.type) {
      case 'load': {
        const reply = this.#get(command.id)
        if (reply.value === null) this.#sessions.forget(key)
        else this.#sessions.load(key, command.id, reply.value as Fields, this.#now)
        return { operation: command, reply }
      }
      case 'create': {
        const { cookie = {} } = this.#cookie({ maxAge: command.maxAge, expiresIn: null, hasOriginalExpires: false })
        const operation = { type: 'create', id: command.id, slot: command.slot, fields: command.fields, cookie } as const
        const failure = this.#sessions.failureOf(command.id)
        this.#sessions.create(key, operation, this.#now)
        return { operation, reply: replyOf(undefined, failure === null ? [] : [failure]) }
      }
      case 'save': {
        if (!this.#sessions.has(key)) return null
        const operation = { type: 'save', slot: command.slot, changes: command.changes, cookieChange: this.#cookieChange(command.cookieChange) } as const
        const { error, reported } = this.#sessions.save(key, operation, this.#now)
        return { operation, reply: { value: error === null ? undefined : null, error, reported } }
      }
    }
  }

  #expectAll (commands: (Command & { type: 'concurrent' })['commands'], driver: number): Expected {
    const all = commands.map(one => this.#expect(one, driver)).filter(one => one !== null)
    const replies = all.map(({ reply }) => reply)
    return {
      operation: { type: 'concurrent', operations: all.map(({ operation }) => operation) },
      reply: replyOf(replies.map(({ value }) => value), replies.flatMap(({ reported }) => reported).sort())
    }
  }

  #get (id: string): Reply {
    const entry = this.#sessions.entries.get(id)
    if (entry === undefined) return replyOf(null)
    const failure = this.#sessions.failureOf(id)
    if (failure !== null) return replyOf(null, [failure])
    return replyOf(expiryOf(entry) <= this.#now ? null : sessionOf(entry))
  }

  #list (isExpiredToo: boolean): Reply {
    const reported: string[] = []
    const value: Record<string, unknown> = {}
    for (const [id, entry] of this.#sessions.entries) {
      const failure = readFailureOf(id, entry)
      if (failure !== null) {
        reported.push(failure)
        continue
      }
      const expiresAt = expiryOf(entry)
      if (isExpiredToo || expiresAt > this.#now) value[id] = { session: sessionOf(entry), lastUsedAt: entry.lastUsedAt, expiresAt }
    }
    return replyOf(value, reported.sort())
  }

  #count (): Reply {
    const { value, reported } = this.#list(false)
    const ids = Object.keys(value as object).sort()
    // Each of the three methods reads all files.
    return replyOf({ ids, all: ids.length, length: ids.length }, [...reported, ...reported, ...reported].sort())
  }

  async #edit ({ id, how, other }: Command & { type: 'edit' }): Promise<void> {
    this.#now++
    const fileOf = (id: string) => join(this.#directory, this.#options.nameOf(id))
    const { entries } = this.#sessions
    if (how.type === 'remove') {
      entries.delete(id)
      return await rm(fileOf(id), { force: true })
    }
    const copied = how.type === 'copy' ? entries.get(other) : undefined
    if (how.type === 'copy' && copied === undefined) return
    const content = how.type === 'copy' ? await readFile(fileOf(other)) : this.#textOf(how.content)
    const entry: Entry = copied ?? { content: parsed(content as string), encryptedFor: null, lastUsedAt: 0, skippedUntil: 0 }
    entries.set(id, { ...entry, lastUsedAt: this.#now, skippedUntil: 0 })
    await writeFromOutside(fileOf(id), content, { isInPlace: how.isInPlace, now: this.#now })
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

  #cookieChange (change: RelativeCookieChange | null): CookieChange | null {
    if (change?.type === 'expires') return { type: 'expires', expires: new Date(this.#now + change.milliseconds) }
    return change?.type === 'maxAge' ? { type: 'maxAge', maxAge: change.milliseconds } : change as CookieChange | null
  }
}

// A file's own text where it does not hold a session.
function parsed (text: string): Fields | string {
  return text.startsWith('{') && !text.includes('__proto__') && text.endsWith('}') && !text.includes('}{') ? withoutMovingDates(asJson(JSON.parse(text))) : text
}

function replyOf (value: unknown = undefined, reported: readonly string[] = []): Reply {
  return { value, error: null, reported }
}

function describe (value: unknown): string {
  return JSON.stringify(value)
}
