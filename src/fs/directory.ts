import { dirname, resolve } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { settledErr, settledOk } from '../async/result.ts'
import type { Disk } from './disk.ts'
import { isNotFound } from './errno.ts'

/** How a directory is made. */
export interface DirectoryOptions {
  /** Of the directory and of those above it that are missing, whatever the umask. */
  readonly directoryMode: number
  /** Whether its name, and those of the directories above it that were made, are flushed to the device. */
  readonly durable: boolean
}

// How often the making of a directory is tried, and a call in a directory, that other processes remove at the same time.
const maxMakes = 8
const maxCalls = 100

/** Makes a directory, with those above it. One that exists is left as it is. Fails with the system's error. */
export function makeDirectory (directory: string, { directoryMode, durable }: DirectoryOptions, disk: Disk): ResultAsync<unknown, unknown> {
  return make(directory, directoryMode, disk, maxMakes).andThen(first => durable ? flushNames(first, directory, disk) : settledOk(undefined))
}

// Another process may remove one of those above it meanwhile. A path that can never be made fails alike: a few attempts.
function make (directory: string, mode: number, disk: Disk, attempts: number): ResultAsync<string, unknown> {
  return disk.makeDirectory(directory, mode).orElse(cause => isNotFound(cause) && attempts > 1 ? make(directory, mode, disk, attempts - 1) : settledErr(cause))
}

/**
 * Makes a call in a directory; when that is missing, makes it by `make` and the call again, up to a hundred times in all: another
 * process may remove the directory at any moment, since it is empty. Fails with the error of the call, or of `make`.
 */
export function inDirectory<T> (call: () => ResultAsync<T, unknown>, make: () => ResultAsync<unknown, unknown>): ResultAsync<T, unknown> {
  return callInDirectory(call, make, maxCalls)
}

function callInDirectory<T> (call: () => ResultAsync<T, unknown>, make: () => ResultAsync<unknown, unknown>, attempts: number): ResultAsync<T, unknown> {
  return call().orElse(cause => isNotFound(cause) && attempts > 1 ? make().andThen(() => callInDirectory(call, make, attempts - 1)) : settledErr(cause))
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
