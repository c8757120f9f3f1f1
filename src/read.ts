import { ok, type Result } from 'neverthrow'
import { andThen, type Answer } from './answer.ts'
import { attachBase } from './base.ts'
import { SessionCache, type Held } from './cache.ts'
import { Disk } from './disk.ts'
import type { Malformed, Unreadable } from './errors.ts'
import type { StoredSession } from './expiry.ts'
import { isOver, livingOf, type Lifetime } from './live.ts'
import type { SealOptions } from './seal.ts'

/** How to read a session. */
export interface ReadOptions extends Lifetime, SealOptions {
  /**
   * The disk to ask.
   * @default one that always goes through the thread pool
   */
  readonly disk?: Disk
  /**
   * What remembers texts between calls.
   * @default nothing does
   */
  readonly cache?: SessionCache
}

/**
 * The session in `file`, or `null` when there is no such file or the session
 * has expired. It is a new object each time; its cookie's `expires`, where it
 * has one, is a `Date` and says when it expires. (`originalExpires`, which
 * `@fastify/session` makes of it, is left out where every use moves both.)
 *
 * Fails with `read-failed` when the disk refuses and with `malformed` when the
 * text is not a session; where secrets are in play, with `sealed` or `unsealed`.
 * The file stays: it may be all there is.
 */
export function readSession (file: string, options: ReadOptions = {}): Answer<StoredSession | null, Unreadable> {
  const { disk = new Disk(), cache = new SessionCache(0) } = options
  return andThen(cache.fetch(file, disk, options), stored => stored === null ? ok(null) : sessionIn(file, stored, options))
}

/** What `readSession` gives for a file that holds this. */
export function sessionIn (file: string, { content, usedAt }: Held, options: ReadOptions): Result<StoredSession | null, Malformed> {
  return livingOf(content, usedAt, options)
    .map(({ session, expires }) => {
      if (isOver(expires, options)) return null
      attachBase(session, { file, content })
      return session
    })
    .mapErr(cause => ({ type: 'malformed' as const, file, cause }))
}
