import { directoryTrial, repetitions, type Effort, type Trial } from '../trial.ts'
import { secret, type Variant } from '../variants.ts'
import { fileAsDirectory, removedDirectory, replacedDirectory, tooLongName } from './changed-directory.ts'
import { faults, ioError, refusedRename } from './io-errors.ts'
import { fewDescriptors, noPermission } from './limits.ts'
import { fullDisk, noFreeInode, readOnlyDisk, withTmpfs } from './mounted-disks.ts'

// In the long run.
const concurrentSessions = 10_000

const variants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async, no cache', { io: 'async', cacheSize: 0 }],
  ['durable, encrypted', { durable: true, secret }]
]

/** The file system refuses what it is asked for. */
export function faultInjectionTrials (effort: Effort): Trial[] {
  return [
    ...variants.flatMap(([variant, options]) => [
      directoryTrial(`survives the removal of its directory (${variant})`, directory => removedDirectory(directory, options)),
      directoryTrial(`uses a directory that takes the place of its own (${variant})`, directory => replacedDirectory(directory, options)),
      directoryTrial(`survives a file in the place of its directory (${variant})`, directory => fileAsDirectory(directory, options)),
      directoryTrial(`refuses names that are too long (${variant})`, directory => tooLongName(directory, options))
    ]),
    ...(['auto', 'async'] as const).flatMap(io => faults.map(fault =>
      directoryTrial(`survives an I/O error in ${fault} (${io})`, directory => ioError(directory, fault, io)))),
    ...['EPERM', 'EACCES', 'EBUSY'].map(code =>
      directoryTrial(`tries a refused rename again (${code})`, directory => refusedRename(directory, code))),
    directoryTrial('works with few file descriptors', directory => fewDescriptors(directory, repetitions(concurrentSessions, effort))),
    ...variants.flatMap(([variant, options]) => [
      directoryTrial(`survives a full disk (${variant})`, directory => withTmpfs(directory, 'size=64k', () => fullDisk(directory, options)), ['mount']),
      directoryTrial(`survives a disk without free inodes (${variant})`, directory => withTmpfs(directory, 'nr_inodes=4', () => noFreeInode(directory, options)), ['mount']),
      directoryTrial(`survives a read-only disk (${variant})`, directory => withTmpfs(directory, 'size=1m', () => readOnlyDisk(directory, options)), ['mount'])
    ]),
    directoryTrial('says that it has no permission', noPermission, ['root'])
  ]
}
