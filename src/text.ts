import { err, ok, type Result } from 'neverthrow'
import secureJson from 'secure-json-parse'
import { isObject, lastUse, moves, type StoredCookie, type StoredSession } from './expiry.ts'

/** A session as it was at one moment, whatever becomes of the live object. */
export interface Draft {
  /**
   * Its JSON, but for the dates that move with every use: two sessions are the
   * same if their settled texts are. It still parses to a session.
   */
  readonly settled: string
  /** The cookie with those dates, where it has any. */
  readonly cookie: StoredCookie | null
  /** When it was used, in milliseconds. */
  readonly usedAt: number
  /**
   * What it was made from, where that is known: then the session must still be
   * there, and what others changed since is kept, unless this is `null`.
   */
  readonly base?: Content | null
  /** The drafts that it stands for, where it is not set alone, in their order. */
  readonly parts?: readonly Draft[]
}

// The names that secure-json-parse takes offence at, as JSON.stringify writes them.
const guarded = ['"__proto__"', '"constructor"']

/**
 * The draft of a session that is set at `now`. Fails with what was thrown when
 * the session cannot be JSON, with a `TypeError` when its JSON is not an object.
 */
export function draftOf (session: object, now: number): Result<Draft, unknown> {
  try {
    const plain = asJson(session)
    if (!isObject(plain)) return err(new TypeError('it is not an object'))
    const cookie = asJson(plain.cookie)
    const settled = JSON.stringify(moves(cookie) ? { ...plain, cookie: settle(cookie) } : plain)
    // What could not be read back must not be written.
    if (guarded.some(name => settled.includes(name))) secureJson.parse(settled)
    return ok({ settled, cookie: moves(cookie) ? copyOf(cookie) : null, usedAt: lastUse(cookie, now) })
  } catch (cause) {
    return err(cause)
  }
}

/** The whole text of a draft: what `JSON.stringify` made of the session at that moment. */
export function textOf ({ settled, cookie }: Draft): string {
  if (cookie === null) return settled
  // @fastify/session puts the cookie first: then only that is serialised again.
  const start = `{"cookie":${JSON.stringify(settle(cookie))}`
  if (settled.startsWith(start)) return `{"cookie":${JSON.stringify(cookie)}${settled.slice(start.length)}`
  const session: StoredSession = JSON.parse(settled)
  return JSON.stringify({ ...session, cookie: dated(session.cookie, cookie) })
}

/** A text on its way from or to a file: parsed as often as asked, settled when first compared. */
export class Content {
  /** Whether it stands in the file in a form that the next `set` should replace. */
  readonly isOutdated: boolean
  readonly #isSecret: boolean
  #text: string
  #isSettled: boolean
  #isSafe: boolean

  constructor (text: string, { isSettled = false, isOutdated = false, isSecret = false } = {}) {
    this.isOutdated = isOutdated
    this.#isSecret = isSecret
    // An editor's byte order mark says nothing in UTF-8.
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
    this.#isSettled = isSettled
    // A settled text was made from what had passed.
    this.#isSafe = isSettled
  }

  /** The content that has this settled text. */
  static ofSettled (settled: string): Content {
    return new Content(settled, { isSettled: true })
  }

  /** Its length in characters. */
  get length (): number {
    return this.#text.length
  }

  /**
   * The session that it says, a new object each time. Fails with what was
   * thrown when the text is not JSON or holds a forbidden `__proto__`, with a
   * `TypeError` when it is not an object. What was sealed is quoted in no error.
   */
  parse (): Result<StoredSession, unknown> {
    try {
      // The guard looks for two names; what has passed it once need not again.
      const session: unknown = this.#isSafe ? JSON.parse(this.#text) : secureJson.parse(this.#text)
      this.#isSafe = true
      return isObject(session) ? ok(session) : err(new TypeError('it is not a JSON object'))
    } catch (cause) {
      return err(this.#isSecret ? new TypeError('it is not JSON') : cause)
    }
  }

  /** Whether it says the session that has this settled text. */
  is (settled: string): boolean {
    return this.settled === settled
  }

  /** Whether both say the same session. */
  equals (other: Content): boolean {
    return this.settled === other.settled
  }

  /** Its settled text. What is no session stays as it is, and equals no settled text. */
  get settled (): string {
    if (!this.#isSettled) {
      this.#text = this.parse().andThen(session => draftOf(session, 0)).match(draft => draft.settled, () => this.#text)
      this.#isSettled = true
    }
    return this.#text
  }
}

// Without both dates: @fastify/session adds the second one only when a session is loaded.
function settle (cookie: StoredCookie): object {
  return { ...cookie, expires: undefined, originalExpires: undefined }
}

// With the dates of `cookie`, and the keys in its order.
function dated (settled: StoredCookie | undefined, cookie: StoredCookie): object {
  const { expires, originalExpires } = cookie
  const whole: Record<string, unknown> = { ...settled, expires, originalExpires }
  return Object.fromEntries([...Object.keys(cookie), ...Object.keys(whole)].map(key => [key, whole[key]]))
}

// With dates that stay as they are at this moment. Throws for what cannot be JSON.
function copyOf (cookie: StoredCookie): StoredCookie {
  const { expires, originalExpires } = cookie
  return { ...cookie, expires: dateOf(expires) as Date, originalExpires: dateOf(originalExpires) }
}

function dateOf (date: unknown): unknown {
  if (date instanceof Date) return new Date(date)
  const text = JSON.stringify(date)
  return text === undefined ? undefined : JSON.parse(text)
}

// What JSON.stringify would go on with in the place of `value`.
function asJson (value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
    ? value.toJSON()
    : value
}
