/** The fields of a session. */
export type Fields = Readonly<Record<string, unknown>>

/** A session as a request has it. */
export interface LiveSession {
  /** The object that the request changes and saves. */
  readonly session: Record<string | symbol, unknown>
  /** What it was at its last load or save: its merge base. */
  base: Fields
}

/**
 * A loaded session as `@fastify/session` takes it over: with a new cookie, and
 * with the options of the old one, symbols included, under a symbol beside it.
 */
export function asPluginSession ({ cookie, ...fields }: { readonly cookie: object }): Record<string | symbol, unknown> {
  return { ...fields, cookie: { path: '/' }, [Symbol('cookieOpts')]: { ...cookie } }
}

/** What JSON keeps of a session. */
export function asPlainObject (session: object | null): Fields | null {
  return session === null ? null : JSON.parse(JSON.stringify(session))
}
