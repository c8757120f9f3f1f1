import { join } from 'node:path'
import { removeUnused } from './aside.ts'
import type { Disk } from './disk.ts'
import { wholeTime } from './stamp.ts'

/** Hidden, and begins with a dot, which no session's name does. */
const markerName = '.pruned'

/**
 * Claims the prune of a directory for this process: 0, or how long, in
 * milliseconds, until the next one is due. However many processes ask, one gets
 * it once per `interval`: the file `.pruned` bears the time of the last claim.
 *
 * Rejects with the disk's error, `ENOENT` when the directory is missing.
 */
export async function claimPrune (directory: string, interval: number, { disk, clock }: { readonly disk: Disk, readonly clock: () => number }): Promise<number> {
  const marker = join(directory, markerName)
  const stamp = (await disk.stat(marker)).unwrapOr(null)
  if (stamp !== null) {
    const since = clock() - wholeTime(stamp)
    // One from the future would put prunes off until then.
    if (since >= 0 && since < interval) return interval - since
    if (!await removeUnused(marker, stamp, disk)) return interval
  }
  return await disk.claim(marker, clock()) ? 0 : interval
}
