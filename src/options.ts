import { inspect } from 'node:util'
import { defaultCacheSize } from './cache.ts'
import type { Cipher, Secret } from './encryption/cipher.ts'
import { cipherOf, type EncryptionOptions } from './encryption/envelope.ts'
import type { ReplaceOptions } from './fs/atomic.ts'
import type { Io } from './fs/disk.ts'
import type { ReportOptions } from './observability/reporter.ts'
import type { OwnerOf } from './owner/owner-index.ts'
import { defaultExtension } from './path.ts'
import { currentTime, defaultTtl, type ExpiryOptions } from './session/expiry.ts'

/** The options of `new FileStore(directory, options)`. */
export interface StoreOptions extends EncryptionOptions, ExpiryOptions, ReplaceOptions, ReportOptions {
  /**
   * The least time between two recordings of the use of an unchanged session, in milliseconds; a hundredth of its lifetime
   * if that is less. 0 records each use.
   * @default 1_000
   */
  readonly touchInterval?: number
  /**
   * The memory for sessions that were seen before, in bytes; 0 turns the cache off.
   * @default 16_777_216 (16 MiB)
   */
  readonly cacheSize?: number
  /**
   * `'auto'` makes calls to the disk synchronously while it is fast (microseconds), and calls back synchronously, as the
   * memory store does. `'async'` uses the thread pool: then handlers must return their reply, and `@fastify/passport`
   * ends the process (fastify/session issues 99, 184, 254).
   * @default 'auto'
   */
  readonly io?: Io
  /**
   * Whether requests that change one session at the same time keep each other's changes, top-level key by key. Without
   * it the later one decides everything. (A logout is final in either case.)
   * @default true
   */
  readonly merge?: boolean
  /**
   * When `set` and `destroy` call back. `'disk'`: when the file has changed. `'memory'`: when the change is accepted; the
   * file is written within 50 ms, unless the disk refuses. A process that is killed loses the changes of that moment. For an
   * application that is the only process on its directory.
   * @default 'disk'
   */
  readonly acknowledge?: 'disk' | 'memory'
  /**
   * How often expired sessions are removed, in milliseconds: by one of the processes that share the directory, for the
   * first time a second after the store's first use. 0 leaves it to `prune()`.
   * @default 3_600_000 (an hour)
   */
  readonly pruneInterval?: number
  /**
   * The owner of a session: a name that is not empty, or nothing. With it the store keeps an index, so that `listOwner` and
   * `revokeOwner` read the sessions of that owner alone. The index is built again when the function's source text changes.
   * @default there is no index
   */
  readonly owner?: OwnerOf
}

const defaults = {
  extension: defaultExtension,
  ttl: defaultTtl,
  touchInterval: 1_000,
  cacheSize: defaultCacheSize,
  fileMode: 0o600,
  directoryMode: 0o700,
  durable: false,
  io: 'auto' as Io,
  merge: true,
  acknowledge: 'disk' as 'disk' | 'memory',
  pruneInterval: 60 * 60 * 1000,
  requireEncryption: false,
  clock: currentTime
}

/** Options with all defaults. */
export type ResolvedOptions = typeof defaults & ReportOptions & Pick<StoreOptions, 'owner'> & { readonly secret?: Cipher }

type Validator = readonly [isValid: (value: unknown) => boolean, expectation: string]

const isMode = (value: unknown) => Number.isInteger(value) && value as number >= 0 && value as number <= 0o777
const boolean: Validator = [value => typeof value === 'boolean', 'true or false']
const func: Validator = [value => typeof value === 'function', 'a function']
const mode: Validator = [isMode, 'a mode between 0 and 0o777']
// setTimeout takes no more.
const interval: Validator = [value => Number.isInteger(value) && value as number >= 0 && value as number < 2 ** 31, 'a whole number of milliseconds below 2 ** 31, or 0']

const validators: { readonly [Name in keyof StoreOptions]-?: Validator } = {
  extension: [value => typeof value === 'string' && /^[\w.-]*$/.test(value), "letters, digits, '.', '_' and '-', or nothing"],
  ttl: [value => Number.isFinite(value) && value as number > 0, 'a number of milliseconds above 0'],
  touchInterval: interval,
  cacheSize: [value => Number.isSafeInteger(value) && value as number >= 0, 'a whole number of bytes, or 0'],
  fileMode: mode,
  directoryMode: mode,
  durable: boolean,
  io: [value => value === 'auto' || value === 'async', "'auto' or 'async'"],
  merge: boolean,
  acknowledge: [value => value === 'disk' || value === 'memory', "'disk' or 'memory'"],
  pruneInterval: interval,
  // Checked by `Cipher`, so that no message contains the secret.
  secret: [() => true, ''],
  requireEncryption: boolean,
  log: [value => isLogger(value), 'a logger with the methods warn and error, such as app.log'],
  onFailure: func,
  owner: func,
  clock: func
}

/** The options with all defaults. Throws a `TypeError` that names the first option that is not as expected. */
export function resolveOptions (options: StoreOptions): ResolvedOptions {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!Object.hasOwn(validators, name)) {
      throw new TypeError(`FileStore has no option ${inspect(name)}; it has ${Object.keys(validators).join(', ')}`)
    }
    const [isValid, expectation] = validators[name as keyof StoreOptions]
    if (!isValid(value)) throw new TypeError(`FileStore's option ${name} is ${inspect(value, { depth: 0 })}; expected ${expectation}`)
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const resolved: ResolvedOptions = { ...defaults, ...Object.fromEntries(given) }
  if (options.secret !== undefined) return { ...resolved, secret: resolveSecret(options.secret) }
  if (resolved.requireEncryption) throw new TypeError("FileStore's option requireEncryption needs a secret")
  return resolved
}

/** Whether `FileStore` has an option of this name. */
export function isStoreOption (name: string): boolean {
  return Object.hasOwn(validators, name)
}

function isLogger (value: unknown): boolean {
  return typeof value === 'object' && value !== null && ['warn', 'error'].every(level => typeof (value as Record<string, unknown>)[level] === 'function')
}

function resolveSecret (secret: Secret): Cipher {
  try {
    return cipherOf(secret)
  } catch (cause) {
    throw new TypeError(`FileStore's option secret is not as expected: ${(cause as Error).message}`)
  }
}
