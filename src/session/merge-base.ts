import { Result } from 'neverthrow'
import type { SessionText } from './session-text.ts'
import { isObject, type StoredSession } from './session.ts'

/** What a live session was when it was loaded or last saved: the common ancestor of a three-way merge. */
export interface MergeBase {
  readonly file: string
  /** The session as the file holds it, or `null` until its first save has reached the file. */
  text: SessionText | null
  /** When the last use that the file records was, in milliseconds since 1970. */
  recordedLastUse: number
  /** When it was loaded, by the plugin's clock, in milliseconds since 1970; `null` for a session that was made in a request. */
  readonly loadedAt: number | null
}

// Shared by all copies of this module in a process: one may have loaded the session and another one save it.
const key = Symbol.for('fastify-file-session-store.merge-base')

/**
 * Lets `findMergeBase` find the base of a session that `get` gives out.
 *
 * `@fastify/session` copies the session into an object of its own, and of its cookie only the fields it knows. But it
 * spreads the cookie, symbols included, into the cookie options that it keeps under a symbol on that object
 * (lib/session.js, since 11.1.2). A session without a cookie, or with one that is not an object, is given one that only the
 * plugin sees, for its symbol.
 */
export function attachMergeBase (session: StoredSession, base: MergeBase): void {
  if (isObject(session.cookie)) Object.assign(session.cookie, { [key]: base })
  else hideCookie(session, { [key]: base })
}

// A cookie that is set later is an ordinary one.
function hideCookie (session: StoredSession, cookie: object): void {
  Object.defineProperty(session, 'cookie', {
    get: () => cookie,
    set: value => Object.defineProperty(session, 'cookie', { value, configurable: true, enumerable: true, writable: true }),
    configurable: true,
    enumerable: false
  })
}

/** Lets `findMergeBase` find the base of a live session that was made in a request and saved. */
export function attachMergeBaseToPluginSession (session: object, base: MergeBase): void {
  if (!safeAttach(session, base).unwrapOr(false)) basesBeside.set(session, base)
}

const safeAttach = Result.fromThrowable((session: { [key]?: MergeBase }, base: MergeBase): boolean => {
  // A proxy may say that it did.
  return Reflect.defineProperty(session, key, { value: base, writable: true }) && session[key] === base
})

// The bases of sessions that refuse another property: the application has frozen them. Shared, as the key is.
const basesBeside: WeakMap<object, MergeBase> = (globalThis as { [key]?: WeakMap<object, MergeBase> })[key] ??= new WeakMap()

/**
 * The base of the plugin's session for `file`, or `null`: for a new session, one that was regenerated (it has the cookie
 * options of the old one, and so the old one's base), and a session that does not come from the plugin.
 */
export function findMergeBase (session: object, file: string): MergeBase | null {
  return safeFind(session, file).unwrapOr(null)
}

/** Whether this is an object of `@fastify/session`, which keeps its state under symbols, and not one made by hand. */
export function isPluginSession (session: object): boolean {
  return safeSymbols(session).unwrapOr([]).some(symbol => symbol.description === 'cookieOpts')
}

const safeSymbols = Result.fromThrowable((session: object) => Object.getOwnPropertySymbols(Object(session)))

// The symbol under which a base was found last: a session has several, and it takes time to try them all.
let lastSymbol: symbol = key

// What throws when it is read throws again when it is serialized, and is reported then.
const safeFind = Result.fromThrowable((session: object, file: string): MergeBase | null => {
  const own = (session as { [key]?: MergeBase })[key]
  if (own?.file === file) return own
  const known = baseUnder(lastSymbol, session)
  if (known?.file === file) return known
  for (const symbol of Object.getOwnPropertySymbols(Object(session))) {
    const base = baseUnder(symbol, session)
    if (base?.file !== file) continue
    lastSymbol = symbol
    return base
  }
  const beside = basesBeside.get(session)
  return beside?.file === file ? beside : null
})

function baseUnder (symbol: symbol, session: object): MergeBase | undefined {
  return (session as Record<symbol, { [key]?: MergeBase } | null | undefined>)[symbol]?.[key]
}
