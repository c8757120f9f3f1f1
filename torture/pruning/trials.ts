import { directoryTrial, repetitions, type Effort, type Trial } from '../trial.ts'
import { withTmpfs } from '../tmpfs.ts'
import { secret, type Variant } from '../variants.ts'
import { expiredBehindLiving, randomLifetimes } from './mixed-lifetimes.ts'
import { otherFiles } from './other-files.ts'

// In the long run.
const files = 5_000
const living = 1_200

const variants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async', { io: 'async' }],
  ['encrypted', { secret }]
]

/** Directories with sessions of different lifetimes, and with files that are not sessions. */
export function pruningTrials (effort: Effort): Trial[] {
  const { seed } = effort
  return [
    directoryTrial('removes expired sessions behind living ones', directory => expiredBehindLiving(directory, repetitions(living, { ...effort, share: Math.max(effort.share, 0.1) }))),
    directoryTrial('removes expired sessions behind living ones (tmpfs)', directory => withTmpfs(directory, 'size=64m', () => expiredBehindLiving(directory, living)), ['mount']),
    ...variants.flatMap(([variant, options]) => [
      directoryTrial(`removes every expired session and no other (${variant})`, directory =>
        randomLifetimes(directory, { count: repetitions(files, effort), origin: 'store', options, seed })),
      directoryTrial(`removes every expired session of a restored backup and no other (${variant})`, directory =>
        randomLifetimes(directory, { count: repetitions(files, effort), origin: 'other program', options, seed })),
      directoryTrial(`removes nothing that is not certainly a session (${variant})`, directory => otherFiles(directory, options))
    ])
  ]
}
