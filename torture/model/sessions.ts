import { asPluginSession, type PluginSession } from '../plugin-session.ts'
import { changeSession, type Fields, type Operation } from './driver.ts'
import { asJson, contentOf, cookieOf, decryptFailureOf, expiryOf, isRolling, mergeSessions, readFailureOf, type Entry } from './entry.ts'
import { gracePeriod } from './lifetimes.ts'

/** A session that a request goes on with. */
interface LiveSession {
  readonly id: string
  readonly session: PluginSession
  /** What it was when it was loaded or last saved: `null` before its first save. */
  base: Fields | null
  /** From when the plugin has counted the expiry of its cookie. */
  countedFrom: number | null
}

// In milliseconds. Texts of other files that are JSON nevertheless.
const otherJson = ['5', 'null', '[]', '"a"', '{"__proto__":{"admin":true}}']

/** The sessions of a directory as the model has them: what each operation changes. */
export class Sessions {
  readonly entries = new Map<string, Entry>()
  readonly #isEncrypting: boolean
  readonly #isMerging: boolean
  readonly #live = new Map<string, LiveSession>()

  constructor ({ isEncrypting, isMerging }: { readonly isEncrypting: boolean, readonly isMerging: boolean }) {
    this.#isEncrypting = isEncrypting
    this.#isMerging = isMerging
  }

  /** Makes `session` the session `id`, whatever is there. */
  set (id: string, session: Fields, now: number): void {
    this.#write(id, contentOf(session, now, null), now)
  }

  /** Records a use of the session `id`, and the cookie of `session`. */
  touch (id: string, session: Fields, now: number): void {
    const entry = this.entries.get(id)
    if (entry === undefined || decryptFailureOf(id, entry) !== null) return
    if (typeof entry.content === 'string') return this.#write(id, entry.content, now)
    this.#write(id, { ...entry.content, ...contentOf(session, now, null) }, now)
  }

  /** A request goes on with a loaded session, under `key`. */
  load (key: string, id: string, session: Fields, now: number): void {
    const base = this.entries.get(id)?.content as Fields
    this.#live.set(key, { id, session: asPluginSession(session, now), base, countedFrom: now })
  }

  /** A request goes on with a new session, under `key`. */
  create (key: string, { id, fields, cookie }: Operation & { type: 'create' }, now: number): void {
    this.#live.set(key, { id, session: { ...asPluginSession(fields, now), cookie } as unknown as PluginSession, base: null, countedFrom: null })
  }

  /** Whether a request goes on with a session under `key`. */
  has (key: string): boolean {
    return this.#live.has(key)
  }

  /** Ends the request under `key`. */
  forget (key: string): void {
    this.#live.delete(key)
  }

  /** A request changes its session and saves it. */
  save (key: string, operation: Operation & { type: 'save' }, now: number): void {
    const live = this.#live.get(key) as LiveSession
    changeSession(live.session, operation, now)
    const content = contentOf(live.session, now, live.countedFrom)
    const lastUsedAt = live.base === null ? countedUse(live.session, content, now) : now
    this.#saveContent(live, content, lastUsedAt)
    live.base = content
    live.countedFrom ??= lastUsedAt
  }

  /** Removes what is certainly a session and expired more than the grace period ago. Gives the report. */
  prune (now: number): object {
    const counts = { scanned: 0, removed: 0, kept: 0, unreadable: 0, foreign: 0, temporary: 0 }
    for (const [id, entry] of [...this.entries]) {
      const found = classOf(id, entry, now)
      counts.scanned++
      counts[found]++
      if (found === 'removed') this.entries.delete(id)
    }
    return counts
  }

  /** Removes what is certainly a session. */
  clear (): void {
    for (const [id, entry] of [...this.entries]) {
      if (readFailureOf(id, entry) === null && isCertainlySession(entry)) this.entries.delete(id)
    }
  }

  #saveContent ({ id, base }: LiveSession, content: Fields, lastUsedAt: number): void {
    const entry = this.entries.get(id)
    if (base === null) return this.#write(id, content, laterUse(lastUsedAt, entry))
    // It was ended since it was loaded.
    if (entry === undefined) return
    const isReadable = readFailureOf(id, entry) === null
    this.#write(id, isReadable && this.#isMerging ? mergeSessions(base, content, entry.content as Fields) : content, lastUsedAt)
  }

  #write (id: string, content: Fields | string, lastUsedAt: number): void {
    const encryptedFor = this.#isEncrypting && typeof content !== 'string' ? id : null
    this.entries.set(id, { content, lastUsedAt, encryptedFor, skippedUntil: expiryOf({ content, lastUsedAt }) })
  }
}

// When a session that was made in a request was last used: from then on the plugin has counted its expiry.
function countedUse (session: PluginSession, content: Fields, now: number): number {
  const { originalMaxAge, expires } = asJson(session)['cookie'] as { originalMaxAge: number | null, expires: string | null }
  return isRolling(cookieOf(content)) && originalMaxAge && expires ? Math.min(now, Date.parse(expires) - originalMaxAge) : now
}

// A last use never moves back, except by so much that a clock must have been ahead.
function laterUse (lastUsedAt: number, entry: Entry | undefined): number {
  const previous = entry?.lastUsedAt ?? lastUsedAt
  return previous - lastUsedAt > 10_000 ? lastUsedAt : Math.max(previous, lastUsedAt)
}

function classOf (id: string, entry: Entry, now: number): 'removed' | 'kept' | 'unreadable' | 'foreign' {
  if (entry.skippedUntil > now || now - entry.lastUsedAt < gracePeriod) return 'kept'
  const failure = readFailureOf(id, entry)
  if (failure === 'malformed' && otherJson.includes(entry.content as string)) return 'foreign'
  if (failure !== null) return 'unreadable'
  if (!isCertainlySession(entry)) return 'foreign'
  return now - gracePeriod >= expiryOf(entry) ? 'removed' : 'kept'
}

function isCertainlySession ({ content, encryptedFor }: Entry): boolean {
  return encryptedFor !== null || Object.hasOwn(content as Fields, 'cookie')
}
