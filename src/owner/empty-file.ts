import { dirname } from 'node:path'
import { err, type Result, type ResultAsync } from 'neverthrow'
import { settledOk } from '../async/result.ts'
import { inDirectory, makeDirectory } from '../fs/directory.ts'
import type { Disk } from '../fs/disk.ts'
import { isAlreadyExists } from '../fs/errno.ts'
import type { FileTimes } from '../fs/node.ts'

/** How an empty file is created. */
export interface EmptyFileOptions {
  readonly disk: Disk
  /** The directory whose mode is that of missing ones: a user who may change its files may change those of the index, too. */
  readonly model: string
  /** The mode of missing directories where that one is missing, too. */
  readonly directoryMode: number
  /** Whether the names of directories that are made are flushed to the device. */
  readonly durable?: boolean
}

// How often a file is created that another process removes at the same time.
const maxAttempts = 8

/**
 * Creates an empty file with these times, and its directory if that is missing. A file that exists is given the modification
 * time, and so a new change time: no process removes it as stale. If its access time is another one, that becomes 0: the
 * file is no longer that of a single creator. Fails with the system's error.
 */
export function createEmptyFile (file: string, times: FileTimes, options: EmptyFileOptions): ResultAsync<void, unknown> {
  return create(file, times, options, maxAttempts)
}

function create (file: string, times: FileTimes, options: EmptyFileOptions, attempts: number): ResultAsync<void, unknown> {
  const { disk } = options
  return inDirectory(() => disk.create(file, { text: '', mode: 0o600, times, flush: false }), () => makeDirectoryOf(file, options))
    .map(() => true)
    .orElse((cause): Result<boolean, unknown> | ResultAsync<boolean, unknown> => isAlreadyExists(cause) && attempts > 1
      // The times of another user's file cannot be set.
      ? renew(file, times, disk).orElse(() => settledOk(true))
      : err(cause))
    .andThen(isThere => isThere ? settledOk(undefined) : create(file, times, options, attempts - 1))
}

function makeDirectoryOf (file: string, { disk, model, directoryMode, durable = false }: EmptyFileOptions): ResultAsync<unknown, unknown> {
  return disk.directoryMode(model)
    .andThen(mode => makeDirectory(dirname(file), { directoryMode: mode === null ? directoryMode : mode & 0o777, durable }, disk))
}

function renew (file: string, { atimeMs, mtimeMs }: FileTimes, disk: Disk): ResultAsync<boolean, unknown> {
  return disk.stat(file).andThen(version => disk.setTimes(file, { atimeMs: version?.atimeMs === atimeMs ? atimeMs : 0, mtimeMs }))
}
