import type { Disk } from './disk.ts'
import type { Stamp } from './stamp.ts'
import { temporaryFile } from './temporary.ts'

/**
 * Removes `file` if it still is what it was when it had this stamp; whether it
 * was. It is taken aside first and looked at again there, where nobody else
 * writes to it: one that was used at the last moment comes back.
 */
export async function removeUnused (file: string, seen: Stamp, disk: Disk): Promise<boolean> {
  const aside = temporaryFile(file)
  if (!await disk.move(file, aside)) return false
  const stamp = (await disk.stat(aside)).unwrapOr(null)
  if (stamp !== null && stamp.modified === seen.modified && stamp.inode === seen.inode && stamp.size === seen.size) {
    return await disk.remove(aside)
  }
  await disk.putBack(aside, file)
  return false
}
