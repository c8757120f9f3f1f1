import { inspect } from 'node:util'
import { defaultCacheSize } from './cache.ts'
import type { Cipher, Secret } from './cipher.ts'
import type { Io } from './disk.ts'
import type { SessionError } from './errors.ts'
import { defaultTtl } from './expiry.ts'
import { defaultExtension } from './path.ts'
import { cipherOf, type SealOptions } from './seal.ts'

/** The options of `new FileStore(directory, options)`. */
export interface StoreOptions extends SealOptions {
  /**
   * What ends the name of each session file: letters, digits, `.`, `_`, `-`. Empty, and the directory of
   * `@itrocks/fastify-file-session-store` is read as it is.
   * @default '.json'
   */
  readonly extension?: string
  /**
   * How long a session whose cookie has neither `maxAge` nor `expires` lives after its last use, in milliseconds.
   * @default 1_209_600_000 (14 days)
   */
  readonly ttl?: number
  /**
   * How much memory sessions that were seen before may take, in bytes; 0 turns the cache off.
   * @default 16_777_216 (16 MiB)
   */
  readonly cacheSize?: number
  /**
   * The mode that session files are created with.
   * @default 0o600
   */
  readonly fileMode?: number
  /**
   * The mode that a missing directory is created with, on the first write. One that exists is left as it is.
   * @default 0o700
   */
  readonly directoryMode?: number
  /**
   * Whether file and directory are flushed to the device before a callback, so that a session outlives a loss of
   * power. Without it a session outlives the process, not the machine. Touches are not flushed.
   * @default false
   */
  readonly durable?: boolean
  /**
   * `'auto'` asks the disk synchronously for what it answers from memory (a few microseconds), and through the thread
   * pool for a second whenever a call took longer than a millisecond. `'async'` always goes through the thread pool.
   * @default 'auto'
   */
  readonly io?: Io
  /**
   * Whether requests that change one session at once keep each other's changes, top-level key by key. Without it the
   * later one has the last word on everything. (A logout is final either way.)
   * @default true
   */
  readonly merge?: boolean
  /**
   * When `set` and `destroy` call back. `'disk'`: when the file says so. `'memory'`: at once, and the file follows
   * within a moment; for an application that is the only process on its directory. What is waiting then is lost with
   * a process that is killed, and other processes do not see it yet.
   * @default 'disk'
   */
  readonly acknowledge?: 'disk' | 'memory'
  /**
   * How often expired sessions are removed, in milliseconds: by one of the processes that share the directory, first a
   * second after the store's first use. 0 leaves it to `prune()`.
   * @default 3_600_000 (an hour)
   */
  readonly pruneInterval?: number
  /**
   * Sees every failure that no callback hears of: a session that could not be read is "no session" to
   * `@fastify/session`.
   * @default a `process.emitWarning`, once per kind of failure and file
   */
  readonly onFailure?: (failure: SessionError) => void
  /**
   * What time it is, in milliseconds since 1970; for tests.
   * @default Date.now
   */
  readonly clock?: () => number
}

const defaults = {
  extension: defaultExtension,
  ttl: defaultTtl,
  cacheSize: defaultCacheSize,
  fileMode: 0o600,
  directoryMode: 0o700,
  durable: false,
  io: 'auto' as Io,
  merge: true,
  acknowledge: 'disk' as 'disk' | 'memory',
  pruneInterval: 60 * 60 * 1000,
  requireEncryption: false,
  clock: Date.now as () => number
}

/** Options with every default in its place. */
export type Settings = typeof defaults & Pick<StoreOptions, 'onFailure'> & { readonly secret?: Cipher }

const isMode = (value: unknown) => Number.isInteger(value) && value as number >= 0 && value as number <= 0o777
const isBoolean = (value: unknown) => typeof value === 'boolean'
const isFunction = (value: unknown) => typeof value === 'function'

const expected: { readonly [Name in keyof StoreOptions]-?: readonly [(value: unknown) => boolean, string] } = {
  extension: [value => typeof value === 'string' && /^[\w.-]*$/.test(value), "letters, digits, '.', '_' and '-', or nothing"],
  ttl: [value => Number.isFinite(value) && value as number > 0, 'a number of milliseconds above 0'],
  cacheSize: [value => Number.isSafeInteger(value) && value as number >= 0, 'a whole number of bytes, or 0'],
  fileMode: [isMode, 'a mode between 0 and 0o777'],
  directoryMode: [isMode, 'a mode between 0 and 0o777'],
  durable: [isBoolean, 'true or false'],
  io: [value => value === 'auto' || value === 'async', "'auto' or 'async'"],
  merge: [isBoolean, 'true or false'],
  acknowledge: [value => value === 'disk' || value === 'memory', "'disk' or 'memory'"],
  // setTimeout takes no more.
  pruneInterval: [value => Number.isInteger(value) && value as number >= 0 && value as number < 2 ** 31, 'a whole number of milliseconds below 2 ** 31, or 0'],
  // Looked at by `Cipher`, so that nothing of it gets into a message.
  secret: [() => true, ''],
  requireEncryption: [isBoolean, 'true or false'],
  onFailure: [isFunction, 'a function'],
  clock: [isFunction, 'a function']
}

/** The options with their defaults. Throws a `TypeError` that names the first option that is not as expected. */
export function settingsOf (options: StoreOptions): Settings {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!Object.hasOwn(expected, name)) {
      throw new TypeError(`FileStore knows no option ${inspect(name)}; it has ${Object.keys(expected).join(', ')}`)
    }
    const [isExpected, expectation] = expected[name as keyof StoreOptions]
    if (!isExpected(value)) throw new TypeError(`FileStore's option ${name} is ${inspect(value)}; expected ${expectation}`)
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const settings: Settings = { ...defaults, ...Object.fromEntries(given) }
  if (options.secret !== undefined) return { ...settings, secret: cipherFor(options.secret) }
  if (settings.requireEncryption) throw new TypeError("FileStore's option requireEncryption needs a secret")
  return settings
}

function cipherFor (secret: Secret): Cipher {
  try {
    return cipherOf(secret)
  } catch (cause) {
    throw new TypeError(`FileStore's option secret is not as expected: ${(cause as Error).message}`)
  }
}
