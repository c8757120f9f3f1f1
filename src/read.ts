import type { ResultAsync } from 'neverthrow'
import type { SessionCache } from './cache.ts'
import type { EncryptionOptions } from './encryption/envelope.ts'
import type { ReadFailure } from './errors.ts'
import { Disk } from './fs/disk.ts'
import { loadSession } from './load.ts'
import type { Mutation } from './queue/mutation.ts'
import { isExpired, type ExpiryOptions } from './session/expiry.ts'
import { attachMergeBase } from './session/merge-base.ts'
import type { StoredSession } from './session/session.ts'

/** How a session is read. */
export interface ReadOptions extends ExpiryOptions, EncryptionOptions {
  /**
   * Makes the calls to the disk.
   * @default a new `Disk` that uses the thread pool
   */
  readonly disk?: Disk
  /**
   * Remembers texts between calls.
   * @default nothing is remembered
   */
  readonly cache?: SessionCache
}

/** What `FileStore` adds to the options of `readSession`. @internal */
export interface LookupOptions {
  readonly onLookup?: (isHit: boolean) => void
}

/**
 * Reads the session in `file`. The value is `null` when the file does not exist or the session has expired, and
 * otherwise a new object. Its cookie's `expires`, if it has one, is a `Date`: the moment at which it expires.
 *
 * Fails with `read-failed` when the file system refuses; with `malformed` when the content is not a session; with
 * `decrypt-failed` when it is encrypted and cannot be decrypted; with `not-encrypted` when `requireEncryption` is set
 * and it is plain. The file is never deleted.
 *
 * ```ts
 * const session = await sessionFile('./sessions', id).asyncAndThen(file => readSession(file))
 * ```
 */
export function readSession (file: string, options?: ReadOptions): ResultAsync<StoredSession | null, ReadFailure>
/** What `FileStore` reads: the session after the change that was accepted and is not in the file yet. @internal */
export function readSession (file: string, options: ReadOptions & LookupOptions, pending: Mutation | null): ResultAsync<StoredSession | null, ReadFailure>
export function readSession (file: string, options: ReadOptions & LookupOptions = {}, pending: Mutation | null = null): ResultAsync<StoredSession | null, ReadFailure> {
  return loadSession(file, pending, hasDisk(options) ? options : { ...options, disk: new Disk() }).map(loaded => {
    if (loaded === null || isExpired(loaded.expiresAt, options)) return null
    const { session, text, lastUsedAt } = loaded
    attachMergeBase(session, { file, text, recordedLastUse: lastUsedAt, loadedAt: Date.now() })
    return session
  })
}

function hasDisk<T extends ReadOptions> (options: T): options is T & { readonly disk: Disk } {
  return options.disk !== undefined
}
