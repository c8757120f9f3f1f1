import { Result } from 'neverthrow'
import type { StoredSession } from './expiry.ts'
import type { Content } from './text.ts'

/** What a session was when it was given out: what its next `set` is compared with. */
export interface Base {
  readonly file: string
  content: Content
}

const key = Symbol('fastify-file-session-store.base')

/**
 * Lets `set` find the base of a session that `get` gives out.
 *
 * `@fastify/session` copies that session into an object of its own, and of its
 * cookie only what it knows. But it spreads the cookie, symbols included, into
 * the cookie options that it keeps under a symbol of its own on that object
 * (lib/session.js of @fastify/session 11).
 */
export function attachBase ({ cookie }: StoredSession, base: Base): void {
  if (typeof cookie === 'object' && cookie !== null) Object.assign(cookie, { [key]: base })
}

/**
 * The base that the plugin's session for `file` came from, or `null` where none
 * is found: a new session, one that was regenerated (it carries the options of
 * the old one, and so the old one's base), another plugin, a script.
 */
export function baseOf (session: object, file: string): Base | null {
  const base = findBase(session).unwrapOr(undefined)
  return base?.file === file ? base : null
}

// What throws when it is looked at will do so again when it is serialised, and be told then.
const findBase = Result.fromThrowable((session: object): Base | undefined => {
  for (const symbol of Object.getOwnPropertySymbols(Object(session))) {
    const base = (session as Record<symbol, { [key]?: Base } | null | undefined>)[symbol]?.[key]
    if (base !== undefined) return base
  }
  return undefined
})
