/** The fields of a session, its cookie among them. */
export type Fields = Record<string, unknown>

/** One thing that an application does to a store. Structured cloning takes it to another process. */
export type Operation =
  | { readonly type: 'get' | 'destroy', readonly id: string, readonly isThrowing: boolean }
  | { readonly type: 'set', readonly id: string, readonly session: Fields, readonly isThrowing: boolean }
  | { readonly type: 'touch', readonly id: string, readonly session: Fields }
  | { readonly type: 'revoke', readonly id: string }
  | { readonly type: 'load', readonly id: string, readonly slot: number }
  | { readonly type: 'save', readonly slot: number, readonly changes: Fields, readonly dates: Fields }
  | { readonly type: 'list', readonly isExpiredToo: boolean }
  | { readonly type: 'count' | 'prune' | 'restart' | 'flush' }
  | { readonly type: 'concurrent', readonly operations: readonly Operation[] }

/** What an operation gave. */
export interface Reply {
  readonly value: unknown
  /** The type of the failure that the callback was given, or `null`. */
  readonly error: string | null
  /** The types of the failures that `onFailure` was called with meanwhile, sorted. */
  readonly reported: readonly string[]
}

/** Performs operations on a store, in this process or in another. */
export interface Driver {
  /** Performs it with the clock at `now`. Resolves when the store has called back and has reported its failures. */
  perform (operation: Operation, now: number): Promise<Reply>
}
