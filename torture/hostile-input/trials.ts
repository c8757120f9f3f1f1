import { directoryTrial, repetitions, type Effort, type Trial } from '../trial.ts'
import { secret, type Variant } from '../variants.ts'
import { corruptedFiles } from './corrupted-files.ts'
import { deepSessions } from './deep-sessions.ts'
import { randomIds, unusualIds } from './ids.ts'
import { otherContents } from './other-contents.ts'
import { requestBodies } from './request-bodies.ts'
import { specialFiles } from './special-files.ts'
import { unserializableSessions } from './unserializable-sessions.ts'

// In the long run.
const ids = 50_000
const corruptions = 10_000

const variants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async, no cache', { io: 'async', cacheSize: 0 }],
  ['encrypted', { secret }]
]

/** Ids, files and sessions that an attacker or an accident may produce. */
export function hostileInputTrials (effort: Effort): Trial[] {
  const { seed, share } = effort
  return [
    directoryTrial('maps any id to a file in its directory', (directory, progress) => randomIds(directory, { numRuns: repetitions(ids, effort), seed, progress })),
    ...variants.flatMap(([variant, options]) => [
      directoryTrial(`keeps unusual ids apart (${variant})`, directory => unusualIds(directory, options)),
      directoryTrial(`reads corrupted files (${variant})`, (directory, progress) =>
        corruptedFiles(directory, { options, count: repetitions(corruptions, effort), seed, progress })),
      directoryTrial(`reads files that hold something else than a session (${variant})`, directory => otherContents(directory, options)),
      directoryTrial(`leaves alone what is not a regular file (${variant})`, directory => specialFiles(directory, options)),
      directoryTrial(`refuses sessions that cannot be JSON (${variant})`, directory => unserializableSessions(directory, options)),
      directoryTrial(`survives sessions of any depth (${variant})`, directory => deepSessions(directory, options, share < 0.02 ? 1.5 : 1.15)),
      directoryTrial(`answers hostile request bodies like the memory store (${variant})`, (directory, progress) => requestBodies(directory, { options, progress }))
    ])
  ]
}
