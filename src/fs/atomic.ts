import { dirname } from 'node:path'
import { err, ok, type ResultAsync } from 'neverthrow'
import { settledErr, settledOk } from '../async/result.ts'
import { whileBusy } from './busy.ts'
import { inDirectory, makeDirectory } from './directory.ts'
import type { Disk } from './disk.ts'
import { isNotFound } from './errno.ts'
import type { FileTimes } from './node.ts'
import { temporaryFile } from './temporary.ts'
import type { FileVersion } from './version.ts'

/** How files are replaced. */
export interface ReplaceOptions {
  /**
   * Whether the file and its directory are flushed to the device before the result, so that the session survives a loss
   * of power. Such writes are never synchronous, with the consequences of `io: 'async'`. When only the last use is
   * recorded, nothing is flushed.
   * @default false
   */
  readonly durable?: boolean
  /**
   * The mode of new files, whatever the umask.
   * @default 0o600
   */
  readonly fileMode?: number
  /**
   * The mode of a directory that is made, whatever the umask. One that exists keeps its mode.
   * @default 0o700
   */
  readonly directoryMode?: number
}

/** The new content of a file. */
export interface Replacement {
  readonly text: string
  readonly times: FileTimes
  /** Compare-and-swap: whether the file that is there may be replaced. `null` replaces whatever is there. */
  readonly expected: ((version: FileVersion | null) => boolean) | null
}

// How often a replacement is begun when the directory is moved away, or the temporary file removed, before the rename.
const maxAttempts = 3

/**
 * Replaces `file` atomically: a reader in any process finds the old content or the new one. Makes a missing directory,
 * unless a file is `expected` in it. The value is the version of the new file before its rename, which sets a new change
 * time, or `null` when the file was not as `expected`. Then, and after a failure, `file` is as it was. Its name is not
 * flushed to the device: that is up to the caller, as `saveSession`.
 */
export function replaceFileAtomic (file: string, replacement: Replacement, disk: Disk, options: ReplaceOptions): ResultAsync<FileVersion | null, unknown> {
  return replace(file, replacement, disk, options, maxAttempts)
}

function replace (file: string, replacement: Replacement, disk: Disk, options: ReplaceOptions, attempts: number): ResultAsync<FileVersion | null, unknown> {
  const temporary = temporaryFile(file)
  // The first failure is the one to tell; a prune removes a temporary file that is left.
  const cleanUp = () => disk.remove(temporary).orElse(() => ok(false))
  return createWithDirectory(temporary, replacement, disk, options)
    .andThen(version => version === null
      ? settledOk(null)
      : whileBusy(() => renameIfExpected(temporary, file, replacement, disk))
        .andThen(isRenamed => isRenamed ? settledOk<FileVersion | null>(version) : cleanUp().map(() => null))
        .orElse(cause => isNotFound(cause) && attempts > 1
          ? cleanUp().andThen(() => replace(file, replacement, disk, options, attempts - 1))
          : settledErr(cause)))
    .orElse(cause => cleanUp().andThen(() => settledErr(cause)))
}

// POSIX has no conditional rename. The check and the rename follow each other directly; what another process changes in
// between is overwritten, and a session that it removes then comes back.
function renameIfExpected (temporary: string, file: string, { expected }: Replacement, disk: Disk): ResultAsync<boolean, unknown> {
  const isExpected = expected === null ? settledOk(true) : disk.stat(file).map(expected)
  return isExpected.andThen(isExpected => isExpected ? disk.rename(temporary, file).map(() => true) : settledOk(false))
}

// `null` when the directory is missing in which a file is expected: it would be made for nothing.
function createWithDirectory (file: string, { text, times, expected }: Replacement, disk: Disk, options: ReplaceOptions): ResultAsync<FileVersion | null, unknown> {
  const { durable = false, fileMode = 0o600, directoryMode = 0o700 } = options
  const create = () => disk.create(file, { text, times, mode: fileMode, flush: durable })
    .orElse(cause => isNotFound(cause) && expected?.(null) === false ? ok(null) : err(cause))
  return inDirectory<FileVersion | null>(create, () => makeDirectory(dirname(file), { directoryMode, durable }, disk))
}
