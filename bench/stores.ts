import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { StoreOptions } from '../src/index.ts'
import { load, loadLibrary } from './load.ts'
import { mapStore } from './map.ts'
import { rawStore } from './raw.ts'
import { redisStore } from './redis.ts'
import type { BenchSession } from './sessions.ts'
import { sqliteStore } from './sqlite.ts'

/** What `@fastify/session` asks of a store. */
export interface Store {
  get: (id: string, done: (error: unknown, session?: BenchSession | null) => void) => void
  set: (id: string, session: BenchSession, done: (error?: unknown) => void) => void
  destroy: (id: string, done: (error?: unknown) => void) => void
}

/** Where a store is to work. */
export interface Place {
  readonly directory: string
  /** What time it is, for the store that lets itself be told. */
  readonly clock: () => number
  /** Where Redis listens; 0 when there is none. */
  readonly redisPort: number
}

/** One store of those that are compared. */
export interface Side {
  /** What tables and chart call it. */
  readonly label: string
  /** Makes the store, as its README says. */
  readonly open: (place: Place) => Store | Promise<Store>
  /** The file that holds a session, where it is one. */
  readonly file?: (directory: string, id: string) => string
}

const withExtension = (directory: string, id: string) => join(directory, `${id}.json`)
const withoutExtension = (directory: string, id: string) => join(directory, id)

/** The stores by name. */
export const sides = {
  auto: ours('this store'),
  async: ours("this store, io: 'async'", { io: 'async' }),
  durable: ours('this store, durable', { durable: true }),
  sealed: ours('this store, sealed', { secret: 'a secret that only the benchmark has' }),
  late: ours("this store, acknowledge: 'memory'", { acknowledge: 'memory' }),
  itrocks: {
    label: '@itrocks 0.0.11',
    file: withoutExtension,
    async open ({ directory }) {
      const { FileStore } = await load<{ FileStore: new (directory: string) => Store }>('@itrocks/fastify-file-session-store')
      return new FileStore(directory)
    }
  },
  sessionFileStore: {
    label: 'session-file-store 1.5.0',
    file: withExtension,
    open ({ directory }) {
      const require = createRequire(import.meta.url)
      const FileStore = require('session-file-store')(require('@fastify/session')) as new (options: object) => Store
      // Its defaults, but quiet, and without a reaper that would run for one side only.
      return new FileStore({ path: directory, logFn: () => {}, reapInterval: -1 })
    }
  },
  raw: { label: 'raw node:fs', file: withExtension, open: ({ directory }) => rawStore(directory) },
  map: { label: 'Map of JSON strings', open: () => mapStore() },
  memory: {
    label: '@fastify/session MemoryStore',
    open () {
      const { MemoryStore } = createRequire(import.meta.url)('@fastify/session') as { MemoryStore: new () => Store }
      return new MemoryStore()
    }
  },
  redis: { label: 'connect-redis', open: ({ redisPort }) => redisStore(redisPort) },
  sqlite: { label: 'better-sqlite3', open: ({ directory }) => sqliteStore(directory) }
} as const satisfies Record<string, Side>

/** The name of a store. */
export type SideName = keyof typeof sides

/** What tables and chart call a side. */
export function labelOf (name: string): string {
  return (sides as Record<string, Side>)[name]?.label ?? name
}

function ours (label: string, options: StoreOptions = {}): Side {
  return {
    label,
    file: withExtension,
    async open ({ directory, clock }) {
      const { FileStore } = await loadLibrary()
      // Nobody prunes meanwhile: the others have no pruning of their own, or it is turned off.
      return new FileStore(directory, { ...options, clock, pruneInterval: 0 }) as unknown as Store
    }
  }
}
