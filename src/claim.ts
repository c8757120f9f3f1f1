import { join } from 'node:path'
import type { Disk } from './disk.ts'
import { wholeTime, type Stamp } from './stamp.ts'

/** Hidden, and begins with a dot, which no session's name does. */
const markerName = '.pruned'

interface Clock { readonly disk: Disk, readonly clock: () => number }

/**
 * Claims the prune of a directory for this process: 0, or how long, in
 * milliseconds, until the next one is due. However many processes ask, one gets
 * it once per `interval`: the file `.pruned` bears the time of the last claim.
 *
 * Rejects with the disk's error, `ENOENT` when the directory is missing.
 */
export async function claimPrune (directory: string, interval: number, { disk, clock }: Clock): Promise<number> {
  const marker = join(directory, markerName)
  const stamp = (await disk.stat(marker)).unwrapOr(null)
  if (stamp === null) return await disk.claim(marker, clock()) ? 0 : interval
  const since = clock() - wholeTime(stamp)
  // One from the future would put prunes off until then.
  if (since >= 0 && since < interval) return interval - since
  return await renew(marker, stamp, interval, { disk, clock }) ? 0 : interval
}

// Whoever makes the token of an old marker may renew that one, if it still is the old one then.
async function renew (marker: string, seen: Stamp, interval: number, { disk, clock }: Clock): Promise<boolean> {
  const token = `${marker}-${wholeTime(seen)}`
  if (!await disk.claim(token, clock())) {
    await removeAbandoned(token, interval, { disk, clock })
    return false
  }
  try {
    const stamp = (await disk.stat(marker)).unwrapOr(null)
    if (stamp === null || wholeTime(stamp) !== wholeTime(seen)) return false
    return (await disk.touch(marker, clock())).isOk()
  } finally {
    await disk.remove(token)
  }
}

// One that died with its token keeps the others from it for one interval.
async function removeAbandoned (token: string, interval: number, { disk, clock }: Clock): Promise<void> {
  const stamp = (await disk.stat(token)).unwrapOr(null)
  if (stamp !== null && clock() - wholeTime(stamp) >= interval) await disk.remove(token)
}
