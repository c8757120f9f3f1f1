import { err, ok, type Result } from 'neverthrow'
import secureJson from 'secure-json-parse'
import { storedSnapshotOf } from './snapshot.ts'
import { isObject, isTooDeep, maxDepth, type StoredSession } from './session.ts'

/** What is known of a text. */
export interface SessionTextOptions {
  /** Whether it is the canonical JSON of a snapshot. */
  readonly isCanonical?: boolean
  /** Whether its file is encrypted. */
  readonly isEncrypted?: boolean
  /** Whether its file must be written at the next `set` although nothing changed: it is not encrypted with the current secret, or not flushed yet. */
  readonly mustRewrite?: boolean
}

/** A text is not a session. Its message quotes nothing of the text. */
export class NotASession extends TypeError {
  /** Whether the text is JSON nevertheless, and so perhaps not the store's file. */
  readonly isJson: boolean

  constructor (message: string, isJson: boolean) {
    super(message)
    this.isJson = isJson
  }
}

/** The JSON text of a stored session. It is parsed at each use, since every reader gets an object of its own. */
export class SessionText {
  readonly text: string
  readonly isEncrypted: boolean
  readonly mustRewrite: boolean
  #canonical: string | null
  #isChecked: boolean
  #isSession: boolean | null

  constructor (text: string, { isCanonical = false, isEncrypted = false, mustRewrite = false }: SessionTextOptions = {}) {
    // A byte order mark, which some editors write, has no meaning in UTF-8.
    this.text = text.startsWith('\uFEFF') ? text.slice(1) : text
    this.isEncrypted = isEncrypted
    this.mustRewrite = mustRewrite
    this.#canonical = isCanonical ? text : null
    this.#isChecked = isCanonical
    this.#isSession = isCanonical || null
  }

  /** The text of a canonical JSON. */
  static ofCanonical (canonical: string): SessionText {
    return new SessionText(canonical, { isCanonical: true })
  }

  /**
   * A new session object. Fails when the text is not JSON, not an object, nested deeper than 256 levels, or holds a
   * forbidden `__proto__`.
   */
  parse (): Result<StoredSession, NotASession> {
    const parsed = this.#parse()
    this.#isSession = parsed.isOk()
    return parsed
  }

  /** Whether `parse` succeeds. */
  get isSession (): boolean {
    return this.#isSession ?? this.parse().isOk()
  }

  /** Its canonical JSON. A text that is not a session is its own, and equals that of no session. */
  get canonical (): string {
    this.#canonical ??= this.parse().andThen(storedSnapshotOf).match(({ canonical }) => canonical, () => this.text)
    return this.#canonical
  }

  /** A new object of the session as its canonical JSON has it: a rolling cookie is without its dates. */
  parseCanonical (): Result<StoredSession, NotASession> {
    const { canonical } = this
    // What is not a session is its own canonical JSON, and has not been checked.
    return this.#isChecked ? SessionText.ofCanonical(canonical).parse() : this.parse()
  }

  #parse (): Result<StoredSession, NotASession> {
    try {
      const session: unknown = this.#isChecked ? JSON.parse(this.text) : parseUntrusted(this.text)
      this.#isChecked = true
      return isObject(session) ? ok(session) : err(new NotASession('it is not a JSON object', true))
    } catch (cause) {
      return err(notASession(cause))
    }
  }
}

function parseUntrusted (text: string): unknown {
  if (isTooDeep(text)) throw new NotASession(`it is nested deeper than ${maxDepth} levels`, false)
  return secureJson.parse(text)
}

// The message of JSON.parse quotes the session. Only the position may be reported.
function notASession (cause: unknown): NotASession {
  if (cause instanceof NotASession) return cause
  const { message } = cause as Error
  if (message.startsWith('Object contains forbidden prototype property')) {
    return new NotASession('it holds a forbidden __proto__ or constructor property', true)
  }
  const position = /at position (\d+)/.exec(message)?.[1]
  return new NotASession(position === undefined ? 'it is not JSON' : `it is not JSON (at position ${position})`, false)
}
