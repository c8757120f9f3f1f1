import type { Stats } from 'node:fs'

/** The metadata of a file that tell one version of its content from another. Times in milliseconds since 1970, with their fraction. */
export interface FileVersion {
  /** When the content was last written, or the time that was set. */
  readonly mtimeMs: number
  /** When anything about the file last changed. It cannot be set. */
  readonly ctimeMs: number
  /** When the inode was created: inode numbers are reused, often immediately. 0 where the file system does not record it. */
  readonly birthtimeMs: number
  readonly ino: number
  readonly size: number
  /** The access time. The store sets it to the session's expiry, as a hint for pruning. */
  readonly atimeMs: number
}

/** The version that a file will have that this process has just written or touched; its change time is known only within bounds. */
export interface ExpectedVersion {
  readonly mtimeMs: number
  readonly birthtimeMs: number
  readonly ino: number
  readonly size: number
  /** The latest change time, by the system's clock. */
  readonly latestCtimeMs: number
}

// In milliseconds. Linux' file times advance every 10 ms at the slowest (HZ=100), Windows' clock every 15.6 ms.
const clockTickMs = 20

// In milliseconds. Where times are whole seconds (HFS+, ext3, NFSv2; two on FAT), so is the tick.
const coarseTickMs = 2_100

// In microseconds. `lastUsedAtOf` adds 1.2 to undo a truncation: more than this would become the next millisecond.
const lastMicrosecond = 997

/**
 * The system's clock, which file times are compared with. Captured when the module is loaded: fake timers of a test
 * replace `Date.now` and do not move the times of files.
 */
export const systemTime: () => number = Date.now

/** The version of a regular file. Throws an `Error` for anything else. */
export function versionOf (stats: Stats): FileVersion {
  if (!stats.isFile()) throw new Error('it is not a regular file')
  const { mtimeMs, ctimeMs, birthtimeMs, ino, size, atimeMs } = stats
  return { mtimeMs, ctimeMs, birthtimeMs, ino, size, atimeMs }
}

/**
 * A modification time for a file that was last used at `time` (whole milliseconds). Its microseconds come from the
 * monotonic clock, which all processes of a machine share, so that two writes in one millisecond have different times.
 * The half microsecond survives the conversion to double-precision seconds, and the truncation, in `utimes`.
 */
export function uniqueMtime (time: number): number {
  const microseconds = Math.floor(process.hrtime()[1] / 1000) % 1000
  return time + (Math.min(microseconds, lastMicrosecond) + 0.5) / 1000
}

/** When the session in a file was last used, in whole milliseconds. (`utimes` may have truncated the time by a microsecond.) */
export function lastUsedAtOf ({ mtimeMs }: { readonly mtimeMs: number }): number {
  return Math.floor(mtimeMs + 0.0012)
}

/** The version to expect of a file that had `version` before this process gave it `mtimeMs` a moment ago. */
export function expectedVersion (mtimeMs: number, { ino, birthtimeMs, size }: FileVersion): ExpectedVersion {
  return { mtimeMs, ino, birthtimeMs, size, latestCtimeMs: systemTime() + clockTickMs }
}

/** Whether a file has the modification time that was set, to the microsecond. */
export function hasMtime (version: FileVersion, mtimeMs: number): boolean {
  return Math.floor(version.mtimeMs * 1000) === Math.floor(mtimeMs * 1000)
}

/** Whether a file is still the one that this process left. */
export function matches (version: FileVersion, expected: ExpectedVersion): boolean {
  return hasMtime(version, expected.mtimeMs) && version.ino === expected.ino && version.size === expected.size &&
    version.birthtimeMs === expected.birthtimeMs && version.ctimeMs <= expected.latestCtimeMs
}

/** Whether both describe the same file with the same content. */
export function isSameVersion (one: FileVersion, other: FileVersion): boolean {
  return one.ctimeMs === other.ctimeMs && one.mtimeMs === other.mtimeMs && one.ino === other.ino && one.size === other.size
}

/**
 * Whether the file could change again without changing its version, which was taken at `takenAt` by the system's
 * clock: two changes within one tick of the clock have the same time. Git calls such an index entry "racily clean":
 * https://git-scm.com/docs/racy-git
 */
export function isRacy ({ ctimeMs }: FileVersion, takenAt: number): boolean {
  return takenAt - ctimeMs <= (ctimeMs % 1000 === 0 ? coarseTickMs : clockTickMs)
}

/**
 * Whether a file can be told from each later one at its path: its inode is older than a tick of the clock. (Within one
 * tick another process may replace the file twice, and its second file may be given the freed inode.)
 */
export function hasDistinctInode ({ birthtimeMs }: Pick<FileVersion, 'birthtimeMs'>): boolean {
  return birthtimeMs > 0 && systemTime() - birthtimeMs > clockTickMs
}
