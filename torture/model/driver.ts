import type { StoreOptions } from '../../src/index.ts'

/** The fields of a session, its cookie among them. */
export type Fields = Record<string, unknown>

/** What a request does to the cookie of its session before it saves it. */
export type CookieChange =
  /** `session.touch()`: the expiry counts from now. */
  | { readonly type: 'touch' }
  | { readonly type: 'maxAge', readonly maxAge: number }
  /** Sets `expires` itself. */
  | { readonly type: 'expires', readonly expires: Date }

/** One thing that an application does to a store. Structured cloning takes it to another process. */
export type Operation =
  | { readonly type: 'get' | 'destroy', readonly id: string, readonly isThrowing: boolean }
  | { readonly type: 'set', readonly id: string, readonly session: Fields, readonly isThrowing: boolean }
  | { readonly type: 'touch', readonly id: string, readonly session: Fields }
  | { readonly type: 'revoke', readonly id: string }
  /** A request loads a session, or makes and saves one; it goes on with it in `slot`. */
  | { readonly type: 'load', readonly id: string, readonly slot: number }
  | { readonly type: 'create', readonly id: string, readonly slot: number, readonly fields: Fields, readonly cookie: Fields }
  | { readonly type: 'save', readonly slot: number, readonly changes: Fields, readonly cookieChange: CookieChange | null }
  | { readonly type: 'list', readonly isExpiredToo: boolean }
  | { readonly type: 'count' | 'prune' | 'clear' | 'restart' | 'flush' }
  /** What is listed, with its failures among those that were reported; the number of those that were ended. */
  | { readonly type: 'list-owner', readonly owner: string }
  | { readonly type: 'revoke-owner', readonly owner: string, readonly except: string | null }
  | { readonly type: 'concurrent', readonly operations: readonly Operation[] }

/** What an operation gave. */
export interface Reply {
  readonly value: unknown
  /** The type of the failure that the callback was given, or `null`. */
  readonly error: string | null
  /** The types of the failures that `onFailure` was called with meanwhile, sorted. */
  readonly reported: readonly string[]
}

/** How the store of a driver is made; JSON. */
export interface DriverOptions {
  readonly options: StoreOptions
  /** Whether it has the option `owner`. */
  readonly isOwned: boolean
  /** Whether the pointers to the sessions of owners appear so old that wrong ones are removed. */
  readonly isAged: boolean
}

/** Performs operations on a store, in this process or in another. */
export interface Driver {
  /** Performs it with the clock at `now`. Resolves when the store has called back and has reported its failures. */
  perform (operation: Operation, now: number): Promise<Reply>
}

/** Changes a plugin's session as a request does at `now`. */
export function changeSession (session: Record<string | symbol, any>, { changes, cookieChange }: Operation & { type: 'save' }, now: number): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete session[name]
    else session[name] = value
  }
  const cookie = session['cookie']
  if (cookieChange?.type === 'touch' && cookie.originalMaxAge) cookie.expires = new Date(now + cookie.originalMaxAge)
  if (cookieChange?.type === 'expires') cookie.expires = cookieChange.expires
  if (cookieChange?.type === 'maxAge') Object.assign(cookie, { originalMaxAge: cookieChange.maxAge, expires: new Date(now + cookieChange.maxAge) })
}
