import { join } from 'node:path'
import type { StoreOptions } from '../../src/index.ts'
import { importLibrary } from '../machine/modules.ts'
import { mapStore } from './map.ts'
import { itrocksStore, memoryStore, redisStore, sessionFileStore } from './peers.ts'
import { rawPool, rawStore, rawSync } from './raw.ts'
import type { Side, Store } from './side.ts'
import { sqliteStore } from './sqlite.ts'

const withExtension = (directory: string, id: string) => join(directory, `${id}.json`)

/** The stores that are compared. */
export const sides = {
  auto: ours('this store'),
  async: ours("this store, io: 'async'", { io: 'async' }),
  memory: ours("this store, acknowledge: 'memory'", { acknowledge: 'memory' }),
  encrypted: ours('this store, encrypted', { secret: 'a secret that only the benchmark uses' }),
  durable: ours('this store, durable', { durable: true }),
  rawSync: { label: 'raw node:fs, synchronous', file: withExtension, open: ({ directory }) => rawStore(rawSync(directory)) },
  rawSame: { label: "raw node:fs, this store's calls", file: withExtension, open: ({ directory }) => rawStore(rawSync(directory, { isExact: true })) },
  rawPool: { label: 'raw node:fs, thread pool', file: withExtension, open: ({ directory }) => rawStore(rawPool(directory)) },
  map: { label: 'Map of JSON strings', open: () => mapStore() },
  memoryStore: { label: '@fastify/session MemoryStore', open: () => memoryStore() },
  redis: { label: 'connect-redis', open: ({ redisPort }) => redisStore(redisPort) },
  sqlite: { label: 'better-sqlite3', open: ({ directory }) => sqliteStore(directory) },
  itrocks: { label: '@itrocks 0.0.11', file: join, open: ({ directory }) => itrocksStore(directory) },
  sessionFileStore: { label: 'session-file-store 1.5.0', file: withExtension, open: ({ directory }) => sessionFileStore(directory) }
} as const satisfies Record<string, Side>

export type SideName = keyof typeof sides

/** The names, in the order of the tables. */
export const sideNames = Object.keys(sides) as SideName[]

/** The side's name in tables and in the chart. */
export function labelOf (name: SideName): string {
  return sides[name].label
}

// Pruning is off: the other stores have none, or theirs is turned off.
function ours (label: string, options: StoreOptions = {}): Side {
  return {
    label,
    file: withExtension,
    async open ({ directory, clock }) {
      const { FileStore } = await importLibrary()
      return new FileStore(directory, { ...options, clock, pruneInterval: 0 }) as unknown as Store
    }
  }
}
