import { busyCodes } from '../internals.ts'
import { Random } from '../random.ts'
import { directoryTrial, repetitions, type Effort, type Trial } from '../trial.ts'
import { withTmpfs } from '../tmpfs.ts'
import { secret, type Variant } from '../variants.ts'
import { fileAsDirectory, removedDirectory, replacedDirectory, tooLongName } from './changed-directory.ts'
import { faults, ioError, refusedRename } from './io-errors.ts'
import { fewDescriptors, noPermission } from './limits.ts'
import { fullDisk, noFreeInode, readOnlyDisk } from './mounted-disks.ts'
import { indexError, indexErrorCodes, indexFaults } from './owner-index.ts'
import { overlappingSaves } from './overlapping-saves.ts'
import { permissionModel } from './permission-model.ts'
import { leaseOfAnotherUser, noRoomForLease, obstacles, obstructedLease, quotaExceeded, readOnlyLease } from './prune-lease.ts'
import { refusedTimes } from './refused-times.ts'
import { sharedDirectory } from './shared-directory.ts'
import { removals, vanishingDirectory } from './vanishing-directory.ts'
import { refusingDisk } from './write-behind.ts'

// In the long run.
const concurrentSessions = 10_000
const saveSequences = 4_000

const ioModes = ['auto', 'async'] as const

const variants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async, no cache', { io: 'async', cacheSize: 0 }],
  ['durable, encrypted', { durable: true, secret }]
]

/** The file system refuses what it is asked for. */
export function faultInjectionTrials (effort: Effort): Trial[] {
  return [...changedDirectoryTrials(), ...failingCallTrials(effort), ...ownerIndexTrials(effort), ...limitTrials(effort), ...leaseTrials()]
}

function changedDirectoryTrials (): Trial[] {
  return variants.flatMap(([variant, options]) => [
    directoryTrial(`survives the removal of its directory (${variant})`, directory => removedDirectory(directory, options)),
    directoryTrial(`uses a directory that takes the place of its own (${variant})`, directory => replacedDirectory(directory, options)),
    directoryTrial(`survives a file in the place of its directory (${variant})`, directory => fileAsDirectory(directory, options)),
    directoryTrial(`refuses names that are too long (${variant})`, directory => tooLongName(directory, options)),
    ...Object.keys(removals).map(removed =>
      directoryTrial(`works while another process removes ${removed} before any call (${variant})`, directory => vanishingDirectory(directory, { options, removed })))
  ])
}

function failingCallTrials (effort: Effort): Trial[] {
  return [
    ...ioModes.flatMap(io => [false, true].flatMap(durable => faults.map(fault => directoryTrial(
      `survives an I/O error in ${fault} (${io}${durable ? ', durable' : ''})`,
      directory => ioError(directory, { fault, io, durable }))))),
    ...ioModes.flatMap(io => [...busyCodes].map(code =>
      directoryTrial(`tries a refused rename again (${code}, ${io})`, directory => refusedRename(directory, { code, io })))),
    ...ioModes.flatMap(io => ['ENOSYS', 'EPERM', 'EINVAL'].map(code =>
      directoryTrial(`keeps sessions where no time can be set (${code}, ${io})`, directory => refusedTimes(directory, code, { io }), ['linux', 'strace']))),
    ...ioModes.map(io => ({
      name: `saves all that a request has changed although saves before have failed (${io})`,
      run: (progress = (_fraction: number) => {}) =>
        overlappingSaves({ options: { io }, numRuns: repetitions(saveSequences, effort), seed: effort.seed, progress })
    })),
    directoryTrial('bounds memory and reports while the disk refuses large sessions (acknowledged from memory)', directory =>
      refusingDisk(directory, { sessions: 1_500, size: 100_000, isFailing: true })),
    directoryTrial('bounds memory and reports while the disk refuses small sessions (acknowledged from memory)', directory =>
      refusingDisk(directory, { sessions: 60_000, size: 200, isFailing: true })),
    directoryTrial('bounds memory in a burst of new sessions (acknowledged from memory)', directory =>
      refusingDisk(directory, { sessions: 60_000, size: 200, isFailing: false }))
  ]
}

// A short run tries some of the errors.
function ownerIndexTrials (effort: Effort): Trial[] {
  const random = new Random(effort.seed)
  const count = repetitions(indexErrorCodes.length, effort)
  return ioModes.flatMap(io => Object.keys(indexFaults).flatMap(fault => [true, false].map(isIndexOnly => {
    const first = random.below(indexErrorCodes.length)
    const codes = [...indexErrorCodes.slice(first), ...indexErrorCodes.slice(0, first)].slice(0, count)
    return directoryTrial(
      `lists the sessions of an owner or says that it cannot while ${fault} fails (${io}${isIndexOnly ? ', in the index' : ''})`,
      directory => indexError(directory, { codes, fault, io, isIndexOnly }))
  })))
}

function limitTrials (effort: Effort): Trial[] {
  return [
    directoryTrial('works with few file descriptors', directory => fewDescriptors(directory, repetitions(concurrentSessions, effort))),
    ...variants.flatMap(([variant, options]) => [
      directoryTrial(`survives a full disk (${variant})`, directory => withTmpfs(directory, 'size=64k', () => fullDisk(directory, options)), ['mount']),
      directoryTrial(`survives a disk without free inodes (${variant})`, directory => withTmpfs(directory, 'nr_inodes=4', () => noFreeInode(directory, options)), ['mount']),
      directoryTrial(`survives a read-only disk (${variant})`, directory => withTmpfs(directory, 'size=1m', () => readOnlyDisk(directory, options)), ['mount'])
    ]),
    // Without `durable`: the permission model does not allow `fsync`.
    ...ioModes.map(io => directoryTrial(`works under the permission model of Node.js (${io})`, directory => permissionModel(directory, { io }))),
    directoryTrial('says that it has no permission', noPermission, ['root']),
    ...ioModes.flatMap(io => [0o022, 0o077].map(umask => directoryTrial(
      `shares a setgid directory with another user (${io}, umask ${umask.toString(8)})`,
      directory => sharedDirectory(directory, { umask, options: { io } }), ['root'])))
  ]
}

function leaseTrials (): Trial[] {
  return [
    ...Object.keys(obstacles).map(obstacle =>
      directoryTrial(`prunes although ${obstacle} is in the place of the lease`, directory => obstructedLease(directory, obstacle))),
    directoryTrial('prunes a disk without free inodes', directory => withTmpfs(directory, 'nr_inodes=20', () => noRoomForLease(directory)), ['mount']),
    directoryTrial('prunes a full disk', directory => withTmpfs(directory, 'size=64k', () => noRoomForLease(directory)), ['mount']),
    directoryTrial('prunes a disk that was read-only', directory => withTmpfs(directory, 'size=1m', () => readOnlyLease(directory)), ['mount']),
    directoryTrial('prunes although the lease belongs to another user', leaseOfAnotherUser, ['root']),
    directoryTrial('prunes although the quota is exceeded', quotaExceeded, ['linux', 'strace'])
  ]
}
