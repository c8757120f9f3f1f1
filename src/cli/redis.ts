import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as connectRedisPackage from 'connect-redis'
import type * as redisPackage from 'redis'
import type { ListableStore } from '../copy/index.ts'
import { CommandError, reasonOf, usageError } from './exit.ts'

/** A connection to a Redis or Valkey. */
export interface RedisConnection {
  readonly store: ListableStore
  /** Where it is, without credentials. */
  readonly place: string
  close (): void
}

// In milliseconds: longer than a server needs to restart, shorter than an operator waits.
const patience = 15_000
const retryInterval = 250

/** The address of a Redis or Valkey, from an option or from the environment variable that another option names. */
export function addressOf (option: string, url: string | undefined, variable: string | undefined, note: (message: string) => void): URL | null {
  if (url !== undefined && variable !== undefined) throw usageError(`The address is given twice; leave out --${option} or --${option}-env.`)
  const text = variable === undefined ? url : process.env[variable]
  if (variable !== undefined && !text) throw usageError(`The environment variable ${variable} is not set; set it to the address, as in redis://user:password@localhost:6379/0.`)
  if (text === undefined) return null
  const source = variable === undefined ? `--${option}` : `the environment variable ${variable}`
  const address = URL.canParse(text) ? new URL(text) : null
  if (address === null || !/^(redis|valkey)s?:$/.test(address.protocol) || address.hostname === '') {
    // Not repeated: it may contain a password.
    throw usageError(`The address in ${source} is not one of a Redis or Valkey; write it as in redis://localhost:6379/0.`)
  }
  if (variable === undefined && address.password !== '') {
    note(`Other users of this machine can see the password on the command line; put the address into an environment variable and name it with --${option}-env.`)
  }
  return address
}

/** Connects through the packages that the application has installed. Throws a `CommandError` when they are missing or the server does not reply. */
export async function connectRedis (address: URL, prefix: string): Promise<RedisConnection> {
  const [{ createClient }, { RedisStore }] = await loadPackages()
  const place = `${address.hostname}:${address.port || '6379'}${address.pathname.length > 1 ? address.pathname : ''}`
  let isConnected = false
  const client = createClient({
    // The Valkey project's own clients take these schemes for the same protocol.
    url: address.href.replace(/^valkey/, 'redis'),
    socket: {
      connectTimeout: 5_000,
      reconnectStrategy: (retries: number, cause: Error) => isConnected && retries * retryInterval < patience ? retryInterval : cause
    }
  })
  // Each command that fails says so itself.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    throw new CommandError(`The Redis at ${place} cannot be used (${redisReason(cause)}); check the address and the credentials.`)
  }
  isConnected = true
  return { store: new RedisStore({ client, prefix }), place, close: () => client.destroy() }
}

/** What an error of a Redis client means to an operator. */
export function redisReason (cause: unknown): string {
  const { message = '' } = (cause ?? {}) as { message?: string }
  // Of the system's code, `redis` keeps what is in the message.
  if (message.includes('ECONNREFUSED')) return 'connection refused'
  if (message.includes('ENOTFOUND')) return 'no such host'
  if (message.startsWith('WRONGPASS')) return 'wrong user name or password'
  if (message.startsWith('NOAUTH')) return 'it asks for a password'
  return reasonOf(cause)
}

async function loadPackages (): Promise<[typeof redisPackage, typeof connectRedisPackage]> {
  try {
    return await Promise.all([load('redis'), load('connect-redis')]) as [typeof redisPackage, typeof connectRedisPackage]
  } catch (cause) {
    if (!/_NOT_FOUND$/.test((cause as NodeJS.ErrnoException).code ?? '')) throw cause
    throw new CommandError('This needs the packages redis and connect-redis in the application: npm install redis connect-redis express-session')
  }
}

// Beside this package, or, where it runs from elsewhere (npx, a global installation), in the current directory.
async function load (name: string): Promise<unknown> {
  try {
    return await import(name)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    return createRequire(join(process.cwd(), 'package.json'))(name)
  }
}
