import { readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ensure } from './trial.ts'
import type { Fields, Operation, Reply } from './player.ts'
import type { Command, Content, Cookie } from './program.ts'

/** How long a session lives here when its cookie does not say, in milliseconds. */
export const ttl = 100_000

// In milliseconds; the store's own, from the issue and not from its source.
const grace = 60_000

/** What a file is, as the model has it. */
interface Entry {
  /** The session without the dates that move, or `null` where the file holds none. */
  readonly fields: Fields | null
  readonly usedAt: number
  /** The id that it was sealed for, or `null` when it is plain. */
  readonly sealedFor: string | null
}

/** A session that a request has loaded and goes on with. */
interface Live {
  readonly id: string
  /** Whether the store can know what it came from. */
  readonly hasBase: boolean
  fields: Fields
  usedAt: number
}

/** What is expected of an operation. */
interface Expected {
  readonly operation: Operation
  readonly reply: Reply
}

/** Who plays operations: a store in this process, or in another. */
export interface Plays {
  play (operation: Operation, now: number): Promise<Reply>
}

/** A directory of sessions as a `Map` with a clock. */
export class Model {
  readonly #directory: string
  readonly #nameOf: (id: string) => string
  readonly #isSealing: boolean
  readonly #isLate: boolean
  readonly #entries = new Map<string, Entry>()
  readonly #live = new Map<string, Live>()
  #now = Date.parse('2030-01-02T03:04:05.678Z')
  #last = 0

  constructor (directory: string, { isSealing, isLate }: { readonly isSealing: boolean, readonly isLate: boolean }, nameOf: (id: string) => string) {
    this.#directory = directory
    this.#nameOf = nameOf
    this.#isSealing = isSealing
    this.#isLate = isLate
  }

  /** Has a command done here and by its player, and fails when they do not agree. */
  async run (command: Command, players: readonly Plays[]): Promise<void> {
    if (command.type === 'pass') {
      this.#now += command.time
      return
    }
    if (command.type === 'edit') return await this.#edit(command)
    const who = command.player % players.length
    const player = players[who] as Plays
    // Stores tell each other's writes of one millisecond apart by the microseconds of the real clock (src/stamp.ts).
    if (who !== this.#last) this.#now++
    this.#last = who
    if (this.#isLate && command.type === 'prune') await player.play({ type: 'settle' }, this.#now)
    const expected = this.#expect(command, who)
    if (expected === null) return
    const reply = await player.play(expected.operation, this.#now)
    ensure(isDeepStrictEqual(reply, expected.reply), () => `${describe(expected.operation)} at ${this.#now} by ${who}:\n  gave     ${describe(reply)}\n  expected ${describe(expected.reply)}`)
  }

  /** Fails unless the directory holds what the model does, and nothing else. */
  async check (names: readonly string[]): Promise<void> {
    const expected = [...this.#entries.keys()].map(this.#nameOf).sort()
    ensure(isDeepStrictEqual(names, expected), `the directory holds ${describe(names)}, expected ${describe(expected)}`)
    for (const [id, { fields, sealedFor }] of this.#entries) {
      if (fields === null) continue
      const isSealed = (await readFile(join(this.#directory, this.#nameOf(id)), 'utf8')).startsWith('{"sealed":1')
      ensure(isSealed === (sealedFor !== null), `${id} is ${isSealed ? '' : 'not '}sealed`)
    }
  }

  #expect (command: Exclude<Command, { type: 'pass' | 'edit' }>, who: number): Expected | null {
    switch (command.type) {
      case 'get': return { operation: command, reply: this.#get(command.id) }
      case 'set': {
        const session = { ...command.fields, ...this.#cookie(command.cookie) }
        this.#set(command.id, session)
        return { operation: { ...command, session }, reply: done() }
      }
      case 'destroy':
      case 'revoke':
        this.#entries.delete(command.id)
        return { operation: command, reply: done() }
      case 'touch': return this.#touch(command.id, this.#cookie(command.cookie))
      case 'load': return this.#load(command.id, command.slot, who)
      case 'save': return this.#save(command, who)
      case 'list': return { operation: { type: 'list', isExpiredToo: command.isExpiredToo }, reply: this.#list(command.isExpiredToo) }
      case 'count': {
        const { value, seen } = this.#list(false)
        const ids = Object.keys(value as object).sort()
        return { operation: { type: 'count' }, reply: { value: { ids, all: ids.length, length: ids.length }, error: null, seen: [...seen, ...seen, ...seen].sort() } }
      }
      case 'prune': return { operation: { type: 'prune' }, reply: done(this.#prune()) }
      case 'restart':
        for (const key of this.#live.keys()) if (key.startsWith(`${who} `)) this.#live.delete(key)
        return { operation: { type: 'restart' }, reply: done(null) }
      case 'together': {
        const all = command.commands.map(one => this.#expect(one, who)).filter(one => one !== null)
        const replies = all.map(({ reply }) => reply)
        return {
          operation: { type: 'together', operations: all.map(({ operation }) => operation) },
          reply: { value: replies.map(({ value }) => value), error: null, seen: replies.flatMap(({ seen }) => seen).sort() }
        }
      }
    }
  }

  #get (id: string): Reply {
    const entry = this.#entries.get(id)
    if (entry === undefined) return done(null)
    const failure = failureOf(id, entry)
    if (failure !== null) return { value: null, error: null, seen: [failure] }
    return done(this.#expiry(entry) <= this.#now ? null : shown(entry))
  }

  #set (id: string, session: Fields): void {
    const { cookie, ...rest } = asJson(session)
    const { originalMaxAge, expires } = (cookie ?? {}) as { originalMaxAge?: number | null, expires?: string }
    const usedAt = originalMaxAge && expires ? Math.min(this.#now, Date.parse(expires) - originalMaxAge) : this.#now
    this.#entries.set(id, { fields: cookie === undefined ? rest : { ...rest, cookie: settled(cookie as Fields) }, usedAt, sealedFor: this.#isSealing ? id : null })
  }

  #touch (id: string, session: Fields): Expected {
    const operation = { type: 'touch', id, session } as const
    const entry = this.#entries.get(id)
    if (entry === undefined) return { operation, reply: done() }
    const failure = failureOf(id, entry)
    if (failure !== null) return { operation, reply: { value: null, error: failure, seen: [] } }
    if (this.#expiry(entry) > this.#now) this.#set(id, { ...entry.fields, ...session })
    return { operation, reply: done() }
  }

  #load (id: string, slot: number, who: number): Expected {
    const reply = this.#get(id)
    const key = `${who} ${slot}`
    this.#live.delete(key)
    const entry = this.#entries.get(id)
    if (reply.value !== null && entry?.fields) {
      this.#live.set(key, { id, hasBase: 'cookie' in entry.fields, fields: entry.fields, usedAt: entry.usedAt })
    }
    return { operation: { type: 'load', id, slot }, reply }
  }

  #save ({ slot, changes, isRolling }: Command & { type: 'save' }, who: number): Expected | null {
    const live = this.#live.get(`${who} ${slot}`)
    if (live === undefined) return null
    const { id, hasBase, fields: base } = live
    const entry = this.#entries.get(id)
    const mine = asJson({ ...base, ...changes })
    const cookie = mine['cookie'] as Fields | undefined
    const maxAge = cookie?.['originalMaxAge'] as number | null | undefined
    const usedAt = maxAge && !isRolling && entry?.usedAt === live.usedAt ? live.usedAt : this.#now
    const expires = new Date(usedAt + (maxAge ?? 0))
    const dates = maxAge ? { expires, originalExpires: expires } : {}
    const operation = { type: 'save', slot, changes, dates } as const
    live.fields = mine
    live.usedAt = usedAt
    if (!hasBase || entry !== undefined) {
      const theirs = entry === undefined || failureOf(id, entry) !== null ? base : entry.fields as Fields
      const whole = hasBase ? together(base, mine, theirs) : mine
      this.#set(id, cookie === undefined ? whole : { ...whole, cookie: { ...cookie, ...dates } })
    }
    return { operation, reply: done() }
  }

  #list (isExpiredToo: boolean): Reply {
    const seen: string[] = []
    const value: Record<string, unknown> = {}
    for (const [id, entry] of this.#entries) {
      const failure = failureOf(id, entry)
      if (failure !== null) {
        seen.push(failure)
        continue
      }
      const expiresAt = this.#expiry(entry)
      if (isExpiredToo || expiresAt > this.#now) value[id] = { session: shown(entry), usedAt: entry.usedAt, expiresAt }
    }
    return { value, error: null, seen: seen.sort() }
  }

  #prune (): object {
    const counts = { looked: 0, removed: 0, kept: 0, unreadable: 0, temporary: 0 }
    for (const [id, entry] of [...this.#entries]) {
      counts.looked++
      const failure = failureOf(id, entry)
      const expiresAt = failure === null ? this.#expiry(entry) : failure === 'malformed' ? entry.usedAt + ttl : Infinity
      const isOver = this.#now - grace >= expiresAt
      counts[isOver ? 'removed' : failure === null ? 'kept' : 'unreadable']++
      if (isOver) this.#entries.delete(id)
    }
    return counts
  }

  async #edit ({ id, how, other }: Command & { type: 'edit' }): Promise<void> {
    this.#now++
    const path = join(this.#directory, this.#nameOf(id))
    if (how.type === 'remove') {
      this.#entries.delete(id)
      return await rm(path, { force: true })
    }
    const entry = how.type === 'copy' ? this.#entries.get(other) : this.#edited(how.content)
    if (entry === undefined) return
    const text = how.type === 'copy' ? await readFile(join(this.#directory, this.#nameOf(other))) : textOf(how.content, this.#cookie)
    this.#entries.set(id, { ...entry, usedAt: this.#now })
    if (how.isInPlace) {
      await writeFile(path, text)
    } else {
      await unlink(path).catch(() => {})
      await writeFile(`${path}~`, text)
      await rename(`${path}~`, path)
    }
    // Above all microseconds that the store gives its own (src/stamp.ts): by the real clock two writes never meet.
    await utimes(path, (this.#now + 0.9985) / 1000, (this.#now + 0.9985) / 1000)
  }

  #edited (content: Content): Entry {
    if (typeof content === 'string') return { fields: null, usedAt: this.#now, sealedFor: null }
    const { cookie, ...rest } = asJson({ ...content.fields, ...this.#cookie(content.cookie) })
    return { fields: cookie === undefined ? rest : { ...rest, cookie: settled(cookie as Fields) }, usedAt: this.#now, sealedFor: null }
  }

  /** The cookie of a session that is used now. */
  readonly #cookie = (cookie: Cookie): { cookie?: Fields } => {
    if (cookie === null) return {}
    const { maxAge, after, hasOriginal } = cookie
    const expires = maxAge !== null ? new Date(this.#now + maxAge) : after !== null ? new Date(this.#now + after) : null
    return { cookie: { path: '/', originalMaxAge: maxAge, expires, ...(hasOriginal ? { originalExpires: expires } : {}) } }
  }

  #expiry ({ fields, usedAt }: Entry): number {
    const { originalMaxAge, expires } = (fields?.['cookie'] ?? {}) as { originalMaxAge?: number | null, expires?: string | null }
    if (originalMaxAge) return usedAt + originalMaxAge
    return expires ? Date.parse(expires) : usedAt + ttl
  }
}

function textOf (content: Content, cookieOf: (cookie: Cookie) => Fields): string {
  return typeof content === 'string' ? content : JSON.stringify({ ...content.fields, ...cookieOf(content.cookie) })
}

function failureOf (id: string, { fields, sealedFor }: Entry): string | null {
  if (sealedFor !== null && sealedFor !== id) return 'sealed'
  return fields === null ? 'malformed' : null
}

// Without the dates that move with every use.
function settled (cookie: Fields): Fields {
  if (!cookie['originalMaxAge']) return cookie
  const { expires, originalExpires, ...rest } = cookie
  return rest
}

function shown ({ fields, usedAt }: Entry): Fields {
  const session = structuredClone(fields as Fields)
  const cookie = session['cookie'] as Fields | undefined
  if (cookie === undefined) return session
  const { originalMaxAge, expires } = cookie as { originalMaxAge?: number | null, expires?: string | null }
  if (originalMaxAge) {
    return { ...session, cookie: { ...cookie, expires: new Date(usedAt + originalMaxAge) } }
  }
  return expires ? { ...session, cookie: { ...cookie, expires: new Date(expires) } } : session
}

// What is changed is the later one's, everything else as it was found.
function together (base: Fields, mine: Fields, theirs: Fields): Fields {
  const whole: Fields = {}
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const isMine = name === 'cookie' || !isDeepStrictEqual(base[name], mine[name])
    const value = isMine ? mine[name] : theirs[name]
    if (value !== undefined) whole[name] = value
  }
  return whole
}

function asJson (fields: Fields): Fields {
  return JSON.parse(JSON.stringify(fields))
}

function done (value: unknown = undefined): Reply {
  return { value, error: null, seen: [] }
}

function describe (value: unknown): string {
  return JSON.stringify(value)
}
