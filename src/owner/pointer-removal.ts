import { basename, dirname, join } from 'node:path'
import { err, ok, type ResultAsync } from 'neverthrow'
import { settledOk } from '../async/result.ts'
import { whileBusy } from '../fs/busy.ts'
import type { Disk } from '../fs/disk.ts'
import { isNotFound } from '../fs/errno.ts'
import type { FileVersion } from '../fs/version.ts'

/** How a pointer is removed. */
export interface PointerRemoval {
  readonly disk: Disk
  /** Whether a pointer is so new that it is kept. */
  readonly isNew: (version: FileVersion) => boolean
  /** Whether what a killed process has left of a removal is so new that the process may be alive. */
  readonly isUnderWay: (version: FileVersion) => boolean
  /** Whether the session is gone or another owner's. One of which that is not known keeps its pointer. */
  readonly isWrong: () => ResultAsync<boolean, unknown>
  /** Makes the pointer. */
  readonly create: (pointer: string) => ResultAsync<unknown, unknown>
}

// Before the name of a pointer that is being removed: no encoded id begins with it.
const prefix = '~'

// In bytes. A name of this length cannot be given the prefix.
const longestName = 255

/**
 * Removes a pointer that is wrong, in two steps: it is given another name, under which it counts as a pointer too, and is
 * removed when nobody has renewed it until then and it is wrong even now. Whoever makes or renews a pointer is about to
 * write its session: that session has its pointer, whichever of both processes is killed at whatever moment. (Of three
 * that meet within microseconds, one of which is killed, the pointer may be lost.) Finishes what a killed process has left.
 * The value says whether the pointer is gone. Fails with the system's error.
 */
export function removePointer (pointer: string, removal: PointerRemoval): ResultAsync<boolean, unknown> {
  const { disk, isNew, isWrong } = removal
  return disk.stat(pointer).andThen((version): ResultAsync<boolean, unknown> => {
    if (version === null) return finishRemoval(pointer, removal)
    // A pointer is empty.
    if (isNew(version) || version.size > 0) return settledOk(false)
    if (basename(pointer).length === longestName) return isWrong().orElse(() => ok(false)).andThen(isWrong => isWrong ? disk.remove(pointer) : ok(false))
    return whileBusy(() => disk.rename(pointer, renamed(pointer)))
      .andThen(() => disk.stat(renamed(pointer)))
      .andThen(after => after !== null && hasSameTimes(version, after) ? removeIfWrong(pointer, removal) : restore(pointer, removal))
      // Another process removes it, too.
      .orElse(cause => isNotFound(cause) ? ok(false) : err(cause))
  })
}

/** The name of a pointer that is being removed, without what marks it as such. */
export function pointerName (name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}

// What a killed process has left. Whoever has made the pointer since has done so under its own name.
function finishRemoval (pointer: string, removal: PointerRemoval): ResultAsync<boolean, unknown> {
  return removal.disk.stat(renamed(pointer))
    .andThen(version => version === null || removal.isUnderWay(version) ? settledOk(version === null) : removeIfWrong(pointer, removal))
}

function removeIfWrong (pointer: string, removal: PointerRemoval): ResultAsync<boolean, unknown> {
  return removal.isWrong().orElse(() => ok(false))
    .andThen(isWrong => isWrong ? removal.disk.remove(renamed(pointer)).map(() => true) : restore(pointer, removal))
}

function restore (pointer: string, { create, disk }: PointerRemoval): ResultAsync<boolean, unknown> {
  return create(pointer).andThen(() => disk.remove(renamed(pointer))).map(() => false)
}

function hasSameTimes (one: FileVersion, other: FileVersion): boolean {
  return one.mtimeMs === other.mtimeMs && one.atimeMs === other.atimeMs
}

function renamed (pointer: string): string {
  return join(dirname(pointer), prefix + basename(pointer))
}
