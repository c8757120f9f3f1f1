import { asPluginSession, type PluginSession } from '../plugin-session.ts'
import { changeSession, type Fields, type Operation } from './driver.ts'
import { contentOf, cookieOf, expiryOf, isRolling, mergeSessions, readFailureOf, withoutMovingDates, type Entry } from './entry.ts'
import { gracePeriod } from './lifetimes.ts'
import { owner, ownerOf, Pointers } from './owned.ts'

/** A session that a request goes on with. */
interface LiveSession {
  readonly id: string
  readonly session: PluginSession
  /** What it was when it was loaded or last saved. */
  base: Fields
  /** From when the plugin has counted the expiry of its cookie. */
  readonly countedFrom: number
  /** Whether it was made in this request: then its cookie says when it was last used. */
  readonly isNew: boolean
}

/** The types of failures. */
interface SaveFailures {
  /** That of the callback. */
  readonly error: string | null
  readonly reported: readonly string[]
}

// Texts that are JSON, and so perhaps somebody else's file.
const otherJson = ['5', 'null', '[]', '"a"', '{"__proto__":{"admin":true}}']

interface SessionsOptions {
  readonly isEncrypting: boolean
  readonly isMerging: boolean
  readonly isWriteBehind: boolean
  readonly isOwned: boolean
}

/** The sessions of a directory as the model has them: what each operation changes. */
export class Sessions {
  readonly entries = new Map<string, Entry>()
  /** What the index of owners must hold. */
  readonly pointers: Pointers
  readonly #isEncrypting: boolean
  readonly #isMerging: boolean
  readonly #isOwned: boolean
  readonly #live = new Map<string, LiveSession>()

  constructor ({ isEncrypting, isMerging, isWriteBehind, isOwned }: SessionsOptions) {
    this.pointers = new Pointers({ isWriteBehind })
    this.#isEncrypting = isEncrypting
    this.#isMerging = isMerging
    this.#isOwned = isOwned
  }

  /** Why the session `id` cannot be read: the type of the failure, or `null`. */
  failureOf (id: string): string | null {
    const entry = this.entries.get(id)
    return entry === undefined ? null : readFailureOf(id, entry)
  }

  /** Makes `session` the session `id`, whatever is there. */
  set (id: string, session: Fields, now: number): void {
    this.pointers.set(id, owner(session))
    this.#write(id, contentOf(session, now, null), now)
  }

  /** Ends the session `id`. */
  end (id: string): void {
    this.pointers.delete(id)
    this.entries.delete(id)
  }

  /** Records a use of the session `id`, if it has not expired, and the cookie of `session`. */
  touch (id: string, session: Fields, now: number): void {
    const entry = this.entries.get(id)
    if (entry === undefined || readFailureOf(id, entry) !== null) return
    if (expiryOf(entry) <= now) {
      // It is only encrypted.
      if (this.#isEncrypting && entry.encryptedFor === null) this.#write(id, entry.content as Fields, entry.lastUsedAt)
      return
    }
    this.#write(id, { ...entry.content as Fields, ...contentOf(session, now, null) }, now)
  }

  /** A request goes on with a loaded session, under `key`. */
  load (key: string, id: string, session: Fields, now: number): void {
    const base = this.entries.get(id)?.content as Fields
    this.#live.set(key, { id, session: asPluginSession(session, now), base, countedFrom: now, isNew: false })
  }

  /** A request makes a session, saves it, and goes on with it under `key`. */
  create (key: string, { id, fields, cookie }: Operation & { type: 'create' }, now: number): void {
    const session = { ...asPluginSession(fields, now), cookie } as unknown as PluginSession
    const base = contentOf(session, now, null)
    this.#live.set(key, { id, session, base, countedFrom: now, isNew: true })
    this.#point(id, base)
    this.#write(id, base, now)
  }

  /** Whether a request goes on with a session under `key`. */
  has (key: string): boolean {
    return this.#live.has(key)
  }

  /** Ends the request under `key`. */
  forget (key: string): void {
    this.#live.delete(key)
  }

  /** A request changes its session and saves it. Gives the types of the failure of that, and of what is reported. */
  save (key: string, operation: Operation & { type: 'save' }, now: number): SaveFailures {
    const live = this.#live.get(key) as LiveSession
    changeSession(live.session, operation, now)
    const content = contentOf(live.session, now, live.countedFrom)
    const { id, base } = live
    const entry = this.entries.get(id)
    const failure = entry === undefined ? null : readFailureOf(id, entry)
    // There is nothing to merge with, and what is there must not be lost.
    if (this.#isMerging && failure === 'decrypt-failed') {
      return JSON.stringify(content) === JSON.stringify(base) ? { error: null, reported: ['touch-failed'] } : { error: 'write-failed', reported: [] }
    }
    live.base = content
    // It was ended since it was loaded.
    if (entry === undefined) return { error: null, reported: [] }
    const isMerged = this.#isMerging && failure === null
    const usedAt = live.isNew ? countedAt(live.session, content, now) : now
    const merged = isMerged ? mergeSessions(base, content, entry.content as Fields) : content
    this.#point(id, merged)
    this.#write(id, merged, Math.max(usedAt, entry.lastUsedAt))
    return { error: null, reported: failure === null ? [] : [failure] }
  }

  /** Removes what is certainly a session and expired more than the grace period ago. Gives the report. */
  prune (now: number): object {
    const counts = { scanned: 0, removed: 0, kept: 0, unreadable: 0, foreign: 0, temporary: 0 }
    for (const [id, entry] of [...this.entries]) {
      // For the index every session is read.
      const found = classOf(id, this.#isOwned ? { ...entry, skippedUntil: 0 } : entry, this.#isOwned ? 0 : gracePeriod, now)
      counts.scanned++
      counts[found]++
      if (found === 'removed') this.end(id)
    }
    this.pointers.repair(this.entries)
    return counts
  }

  /** Removes what is certainly a session. */
  clear (): void {
    for (const [id, entry] of [...this.entries]) {
      if (readFailureOf(id, entry) === null && isCertainlySession(entry)) this.end(id)
    }
  }

  // A write that leaves the owner of the file makes no pointer. Whose a file is that cannot be read is not known.
  #point (id: string, session: Fields): void {
    const entry = this.entries.get(id)
    if (entry === undefined || readFailureOf(id, entry) !== null || ownerOf(id, entry) !== (owner(session) || null)) this.pointers.set(id, owner(session))
  }

  #write (id: string, session: Fields, lastUsedAt: number): void {
    const content = withoutMovingDates(session)
    const encryptedFor = this.#isEncrypting ? id : null
    this.entries.set(id, { content, lastUsedAt, encryptedFor, skippedUntil: expiryOf({ content, lastUsedAt }) })
  }
}

// From when the expiry of a rolling cookie was counted.
function countedAt ({ cookie }: PluginSession, content: Fields, now: number): number {
  if (!isRolling(cookieOf(content)) || cookie.expires === null) return now
  return Math.min(now, cookie.expires.getTime() - (cookie.originalMaxAge ?? 0))
}

function classOf (id: string, entry: Entry, unreadFor: number, now: number): 'removed' | 'kept' | 'unreadable' | 'foreign' {
  if (entry.skippedUntil > now || now - entry.lastUsedAt < unreadFor) return 'kept'
  const failure = readFailureOf(id, entry)
  if (failure === 'malformed' && otherJson.includes(entry.content as string)) return 'foreign'
  if (failure !== null) return 'unreadable'
  if (!isCertainlySession(entry)) return 'foreign'
  return now - gracePeriod >= expiryOf(entry) ? 'removed' : 'kept'
}

function isCertainlySession ({ content, encryptedFor }: Entry): boolean {
  return encryptedFor !== null || Object.hasOwn(content as Fields, 'cookie')
}
