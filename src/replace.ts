import { dirname, resolve } from 'node:path'
import type { Answer } from './answer.ts'
import { isAbsent } from './cause.ts'
import type { Disk } from './disk.ts'
import { isSame, type Stamp } from './stamp.ts'
import { temporaryFile } from './temporary.ts'

/** How to replace a file. */
export interface ReplaceOptions {
  /**
   * Whether file and directory are flushed to the device before the answer, so
   * that a written session outlives a loss of power. Touches are not flushed.
   * @default false
   */
  readonly durable?: boolean
  /**
   * The mode that files are created with.
   * @default 0o600
   */
  readonly fileMode?: number
  /**
   * The mode that a missing directory is created with.
   * @default 0o700
   */
  readonly directoryMode?: number
}

/** What comes in the place of a file. */
export interface Replacement {
  readonly text: string
  /** The modification time that it bears, in milliseconds. */
  readonly time: number
  /** What has to be there still, where that matters. */
  readonly seen: Stamp | null
}

/**
 * Puts another file in the place of `file`, whole and at one moment; a missing
 * directory is made. Gives its stamp, or `null` when what was seen is no longer
 * there: then, as after a failure, `file` is as it was.
 *
 * Rejects with the disk's error.
 */
export async function replaceFile (file: string, { text, time, seen }: Replacement, disk: Disk, options: ReplaceOptions): Promise<Stamp | null> {
  const temporary = temporaryFile(file)
  try {
    const made = await createWithDirectory(temporary, text, time, disk, options)
    // Looked at as late as can be: what happens between this and the rename is lost.
    if (seen !== null && !isStill(seen, await unwrapped(disk.stat(file)))) {
      await disk.remove(temporary)
      return null
    }
    await disk.rename(temporary, file)
    return made
  } catch (cause) {
    // The first failure is the one to tell; a prune removes what is left.
    await disk.remove(temporary).catch(() => {})
    throw cause
  }
}

async function createWithDirectory (file: string, text: string, time: number, disk: Disk, options: ReplaceOptions): Promise<Stamp> {
  const { durable = false, fileMode = 0o600, directoryMode = 0o700 } = options
  const create = async () => await disk.create(file, text, time, { mode: fileMode, flush: durable })
  try {
    return await create()
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
    const directory = dirname(file)
    const made = await disk.makeDirectory(directory, directoryMode)
    if (durable) await flushNames(made, directory, disk)
    return await create()
  }
}

// Each directory that was made stands in the one above it.
async function flushNames (first: string, last: string, disk: Disk): Promise<void> {
  const above = dirname(resolve(first))
  for (let directory = resolve(last); directory !== above; directory = dirname(directory)) {
    await disk.flushDirectory(dirname(directory))
  }
}

function isStill (seen: Stamp, stamp: Stamp | null): boolean {
  return stamp !== null && isSame(seen, stamp)
}

async function unwrapped<T> (answer: Answer<T, unknown>): Promise<T> {
  const result = await answer
  if (result.isErr()) throw result.error
  return result.value
}
