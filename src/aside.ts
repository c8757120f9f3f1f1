import { setTimeout as delay } from 'node:timers/promises'
import { ok, ResultAsync } from 'neverthrow'
import { andThen, recover, type Answer } from './answer.ts'
import type { Disk } from './disk.ts'
import type { Stamp } from './stamp.ts'
import { asideOf } from './temporary.ts'

// In milliseconds. What is aside comes back or goes within a few: who takes longer died over it.
const patience = 1_000

/**
 * Removes `file` if it still is what it was when it had this stamp; whether it
 * was. It is taken aside first and looked at again there, where nobody else
 * writes to it: one that was used at the last moment comes back. One process at
 * a time does this to a file.
 */
export async function removeUnused (file: string, seen: Stamp, disk: Disk): Promise<boolean> {
  const aside = asideOf(file)
  // A disk without room for this empty file needs the removal all the more.
  const isOurs = await disk.claim(aside, Date.now()).catch(() => true)
  if (!isOurs || !await take(file, aside, disk)) return false
  const stamp = (await disk.stat(aside)).unwrapOr(null)
  if (stamp !== null && stamp.modified === seen.modified && stamp.inode === seen.inode && stamp.size === seen.size) {
    return await disk.remove(aside)
  }
  await disk.putBack(aside, file)
  return false
}

/** Resolves when nobody holds `file` aside any more. One who died over it leaves it to the first that misses it. */
export function released (file: string, disk: Disk): Answer<void, unknown> {
  const aside = asideOf(file)
  return andThen(recover(disk.stat(aside), null), stamp => {
    // An empty one is the claim alone: nothing was taken yet.
    if (stamp === null || stamp.size === 0) return ok(undefined)
    if (isLeft(stamp)) return ResultAsync.fromPromise(disk.putBack(aside, file), cause => cause)
    return ResultAsync.fromSafePromise(delay(1)).andThen(() => released(file, disk))
  })
}

async function take (file: string, aside: string, disk: Disk): Promise<boolean> {
  let isTaken = false
  try {
    isTaken = await disk.move(file, aside)
  } finally {
    if (!isTaken) await disk.remove(aside).catch(() => {})
  }
  return isTaken
}

// By the time that nobody can set; one from the future is of another clock.
function isLeft ({ changed }: Stamp): boolean {
  return Math.abs(Date.now() - changed) > patience
}
