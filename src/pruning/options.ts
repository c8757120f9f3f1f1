import type { EncryptionOptions } from '../encryption/envelope.ts'
import type { RemoveFailed } from '../errors.ts'
import type { Disk } from '../fs/disk.ts'
import type { ExpiryOptions } from '../session/expiry.ts'
import type { StoredSession } from '../session/session.ts'

/** How a directory is pruned. */
export interface PruneOptions extends EncryptionOptions, ExpiryOptions {
  /**
   * Whether files that have the name of a session and cannot be read as one (half a JSON, not decryptable, no
   * permission) are removed too, if they were not modified for a minute. One that the disk cannot read is kept.
   * @default false
   */
  readonly removeUnreadable?: boolean
  /**
   * Whether JSON files that have the name of a session and no cookie are removed too, if they were not modified for a
   * minute: a `package.json` is one.
   * @default false
   */
  readonly removeForeign?: boolean
  /**
   * Whether nothing is removed: the report then counts what would be.
   * @default false
   */
  readonly dryRun?: boolean
  /**
   * Called for each file that could not be removed.
   * @default nothing is called
   */
  readonly onFailure?: (failure: RemoveFailed) => void
  /**
   * Called from time to time with the report so far.
   * @default nothing is called
   */
  readonly onProgress?: (report: PruneReport) => void
  /** Ends the prune early, with the report so far. */
  readonly signal?: AbortSignal
  /**
   * Makes the calls to the disk.
   * @default a new `Disk` that is synchronous while the disk is fast
   */
  readonly disk?: Disk
}

/** Called for the sessions that a prune reads or removes. @internal */
export interface PruneVisitor {
  /** Whether the file of this name is read although its times show that it is kept. */
  mustRead (name: string): boolean
  /** A session that is kept: it has a cookie and has not expired, or has no cookie, or could not be removed. */
  live (id: string, session: StoredSession): Promise<void>
  /** The file system refused to read a file that may be a session. */
  unread (): void
  removed (id: string, session: StoredSession): Promise<void>
}

/** What a prune found and did. `scanned` is the sum of the next four. */
export interface PruneReport {
  /** Files that have the name of a session. */
  readonly scanned: number
  /** Those that were removed. */
  readonly removed: number
  /** Sessions that were kept: they have not expired, or could not be removed. */
  readonly kept: number
  /** Files that were kept because they cannot be read as a session. */
  readonly unreadable: number
  /** Files that were kept because they are JSON and not certainly a session. */
  readonly foreign: number
  /** Temporary files of dead processes that were removed. */
  readonly temporary: number
  readonly durationMs: number
}
