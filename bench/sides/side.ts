import type { BenchSession } from '../fixtures/session.ts'

/** Called with an error, or with nothing. */
export type Callback = (error?: unknown) => void

/** Called with an error, or with a session; `null` or `undefined` when there is none. */
export type GetCallback = (error: unknown, session?: BenchSession | null) => void

/** What `@fastify/session` calls. */
export interface Store {
  get: (id: string, callback: GetCallback) => void
  set: (id: string, session: BenchSession, callback: Callback) => void
  destroy: (id: string, callback: Callback) => void
}

/** Where a store works. */
export interface Place {
  /** An existing, empty directory. */
  readonly directory: string
  /** The current time in milliseconds since the epoch, for stores that accept a clock. */
  readonly clock: () => number
  /** The port of the Redis server; 0 when there is none. */
  readonly redisPort: number
}

/** One of the stores that are compared. */
export interface Side {
  /** Its name in tables and in the chart. */
  readonly label: string
  /** Opens the store as its README shows it. Rejects when it cannot run on this machine. */
  readonly open: (place: Place) => Store | Promise<Store>
  /** The file that holds a session; absent when the side has no such file. */
  readonly file?: (directory: string, id: string) => string
}
