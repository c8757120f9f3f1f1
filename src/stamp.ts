/** What a file's metadata say of its content. Times in milliseconds, with what the disk knows below them. */
export interface Stamp {
  /** When the content was last written, or the time that a touch gave it. */
  readonly modified: number
  /** When anything about the file last changed; nobody can set it. */
  readonly changed: number
  readonly inode: number
  /** When the inode was made: its number is used again, often at once. 0 where the file system does not say. */
  readonly born: number
  readonly size: number
}

/**
 * A time that we gave a file ourselves, and which file that was: whoever finds
 * it there finds what we left. `before` bounds the change time, by the real
 * clock.
 */
export interface Mark {
  readonly modified: number
  readonly before: number
  readonly inode: number
  readonly born: number
}

// The coarsest tick of Linux' file times is 10 ms (HZ=100), Windows' clock 15.6 ms.
const tick = 20

// Where times are whole seconds (HFS+, ext3, FAT: two) so is the tick.
const coarseTick = 2_100

// In microseconds. The last two of a millisecond are left to times that were truncated into them.
const lastMicrosecond = 997

/**
 * The time to give a file that was used at `time` (whole milliseconds). The
 * microseconds below are those of the monotonic clock, which all processes of
 * a machine share: two touches of one millisecond differ, if only by the few
 * microseconds in which no file can be replaced. The half keeps it where it is
 * through the double-precision seconds that `utimes` takes, and truncates.
 */
export function markedTime (time: number): number {
  const microseconds = Math.floor(process.hrtime()[1] / 1000) % 1000
  return time + (Math.min(microseconds, lastMicrosecond) + 0.5) / 1000
}

/**
 * The whole millisecond that a file's time says. One that was set as whole
 * milliseconds may lie a microsecond below: `utimes` truncates.
 */
export function wholeTime ({ modified }: Stamp): number {
  return Math.floor(modified + 0.0012)
}

/** The mark of a file that was just given the time `modified`. */
export function markOf (modified: number, { inode, born }: Stamp): Mark {
  return { modified, inode, born, before: Date.now() + tick }
}

/**
 * Whether the file at a path can be told from any that comes after it, so that
 * what is done to that path and what is known of the file belong together: its
 * inode was made before this tick of the clock. (Another process may replace it
 * twice while we look away, and give the freed inode's number to its own file.)
 */
export function isDistinct ({ born }: Stamp): boolean {
  return born > 0 && Date.now() - born > tick
}

/** Whether the file with this stamp is still the one that was left with this mark. */
export function bears (stamp: Stamp, mark: Mark): boolean {
  return Math.floor(stamp.modified * 1000) === Math.floor(mark.modified * 1000) &&
    mark.inode === stamp.inode && mark.born === stamp.born &&
    stamp.changed <= mark.before
}

/** Whether both stamps are of the same content of the same file. */
export function isSame (one: Stamp, other: Stamp): boolean {
  return one.changed === other.changed && one.modified === other.modified &&
    one.inode === other.inode && one.size === other.size
}

/**
 * Whether a change that came after the stamp was taken, at `takenAt` by the
 * real clock, is sure to change the stamp: git's "racy" rule. A file changed
 * twice within a tick of the clock has the same time after both.
 * https://git-scm.com/docs/racy-git
 */
export function isSettled (stamp: Stamp, takenAt: number): boolean {
  return takenAt - stamp.changed > (stamp.changed % 1000 === 0 ? coarseTick : tick)
}
