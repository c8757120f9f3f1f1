/** The fields of a session. */
export type Fields = Readonly<Record<string, unknown>>

/** A session as a request has it. */
export interface LiveSession {
  /** The object that the request changes and saves. */
  readonly session: Record<string | symbol, unknown>
  /** What it was at its last load or save: its merge base. */
  base: Fields
}

/** What JSON keeps of a session. */
export function asPlainObject (session: object | null): Fields | null {
  return session === null ? null : JSON.parse(JSON.stringify(session))
}
