import { createRequire } from 'node:module'
import { importModule } from '../machine/modules.ts'
import { connectRedis } from '../machine/redis-server.ts'
import type { Store } from './side.ts'

const require = createRequire(import.meta.url)

/** `@itrocks/fastify-file-session-store`. It has no options. */
export async function itrocksStore (directory: string): Promise<Store> {
  const { FileStore } = await importModule<{ FileStore: new (directory: string) => Store }>('@itrocks/fastify-file-session-store')
  return new FileStore(directory)
}

/** `session-file-store` with its defaults, except that it does not log and does not run its reaper. */
export function sessionFileStore (directory: string): Store {
  const FileStore = require('session-file-store')(require('@fastify/session')) as new (options: object) => Store
  return new FileStore({ path: directory, logFn: () => {}, reapInterval: -1 })
}

/** The memory store that `@fastify/session` uses when it is given none. */
export function memoryStore (): Store {
  const { MemoryStore } = require('@fastify/session') as { MemoryStore: new () => Store }
  return new MemoryStore()
}

/** `connect-redis` on the Redis server at `port`, as its README shows it. */
export async function redisStore (port: number): Promise<Store> {
  if (port === 0) throw new Error('redis-server is not installed')
  const { RedisStore } = await importModule<{ RedisStore: new (options: object) => Store }>('connect-redis')
  return new RedisStore({ client: await connectRedis(port) })
}
