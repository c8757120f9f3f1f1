import { join } from 'node:path'
import { isAlreadyExists } from '../fs/errno.ts'
import { lastUsedAtOf, type FileVersion } from '../fs/version.ts'
import type { Disk } from '../fs/disk.ts'

// Hidden: the name of no session begins with a dot.
const lockName = '.pruned'

// In milliseconds. Renewing takes a fraction of one; a token that is older, or from the future, was left by a dead process.
const staleTokenMs = 60_000

/** Whether this is the name of a token, which exists for the moment in which a lease is renewed. */
export function isLeaseToken (name: string): boolean {
  return /^\.pruned--?\d+$/.test(name)
}

/** What a lease is acquired with. */
export interface LeaseOptions {
  readonly disk: Disk
  readonly clock: () => number
  /** How long it lasts, in milliseconds. */
  readonly interval: number
}

/**
 * Acquires the lease to prune a directory for this process. Resolves to 0 when this process is to prune now, otherwise
 * to the time until the next prune is due, in milliseconds. Of all processes that ask, one gets the lease in each
 * interval; the modification time of the file `.pruned` is the time of the last prune.
 *
 * The lease is advisory. Where it cannot be kept (a full disk, no permission, a directory of that
 * name), every process prunes.
 */
export async function acquirePruneLease (directory: string, { disk, clock, interval }: LeaseOptions): Promise<number> {
  const lockFile = join(directory, lockName)
  const now = clock()
  const version = await disk.stat(lockFile)
  if (version.isErr()) return 0
  if (version.value === null) {
    // It was created by another process just now, unless it is something else, such as a link to nowhere.
    const isTaken = await create(lockFile, now, disk) === 'exists' && (await disk.stat(lockFile)).unwrapOr(null) !== null
    return isTaken ? interval : 0
  }
  const age = now - lastUsedAtOf(version.value)
  // A time in the future would put off all prunes until then.
  if (age >= 0 && age < interval) return interval - age
  return await renew(lockFile, version.value, { disk, now }) ? 0 : interval
}

// The process that creates the token of an expired lease may renew the lease, if it is still the same one then.
async function renew (lockFile: string, expired: FileVersion, { disk, now }: { readonly disk: Disk, readonly now: number }): Promise<boolean> {
  const token = `${lockFile}-${lastUsedAtOf(expired)}`
  const created = await create(token, now, disk)
  if (created === 'refused') return true
  if (created === 'exists') return await reclaimIfStale(token, { disk, now })
  const version = (await disk.stat(lockFile)).unwrapOr(null)
  const isSame = version !== null && lastUsedAtOf(version) === lastUsedAtOf(expired)
  if (isSame) await disk.setTimes(lockFile, { atimeMs: now, mtimeMs: now })
  await disk.remove(token)
  return isSame
}

// Removes a token that a dead process has left; the lease is free then.
async function reclaimIfStale (token: string, { disk, now }: { readonly disk: Disk, readonly now: number }): Promise<boolean> {
  const version = await disk.stat(token)
  // It is gone, unless it is a link to nowhere: if that cannot be removed, no process gets the lease.
  if (version.isOk() && version.value === null) return (await disk.remove(token)).unwrapOr(true)
  if (version.isOk() && version.value !== null && Math.abs(now - lastUsedAtOf(version.value)) < staleTokenMs) return false
  await disk.remove(token)
  return true
}

async function create (file: string, now: number, disk: Disk): Promise<'created' | 'exists' | 'refused'> {
  const result = await disk.create(file, { text: '', mode: 0o600, times: { atimeMs: now, mtimeMs: now }, flush: false })
  return result.match(() => 'created', cause => isAlreadyExists(cause) ? 'exists' : 'refused')
}
