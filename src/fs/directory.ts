import { dirname, resolve } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { settledOk } from '../async/result.ts'
import type { Disk } from './disk.ts'

/** How a directory is made. */
export interface DirectoryOptions {
  /** Of the directory and of those above it that are missing, whatever the umask. */
  readonly directoryMode: number
  /** Whether its name, and those of the directories above it that were made, are flushed to the device. */
  readonly durable: boolean
}

/** Makes a directory, with those above it. One that exists is left as it is. Fails with the system's error. */
export function makeDirectory (directory: string, { directoryMode, durable }: DirectoryOptions, disk: Disk): ResultAsync<unknown, unknown> {
  return disk.makeDirectory(directory, directoryMode).andThen(first => durable ? flushNames(first, directory, disk) : settledOk(undefined))
}

// Each directory that was made is a name in the one above it.
function flushNames (first: string, last: string, disk: Disk): ResultAsync<unknown, unknown> {
  const top = dirname(resolve(first))
  let flushed: ResultAsync<unknown, unknown> = settledOk(undefined)
  for (let directory = resolve(last); directory !== top; directory = dirname(directory)) {
    const above = dirname(directory)
    flushed = flushed.andThen(() => disk.flushDirectory(above))
  }
  return flushed
}
