import { directoryTrial, repetitions, type Effort, type Trial } from '../trial.ts'
import type { Variant } from '../variants.ts'
import { useManySessions } from './concurrent-sessions.ts'
import { useKilledServers } from './killed-servers.ts'
import { changeOwnersTogether } from './owner-processes.ts'

// In the long run.
const sessions = 50_000
const minutes = 5
const ownerRounds = 400

const ownerVariants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async', { io: 'async' }],
  ['auto, without merging', { merge: false }]
]

/** Many sessions at once, many processes, many requests. */
export function loadTrials (effort: Effort): Trial[] {
  return [
    ...(['disk', 'memory'] as const).map(acknowledge => directoryTrial(
      `handles many sessions concurrently (acknowledged from ${acknowledge})`,
      (directory, progress) => useManySessions(directory, {
        count: repetitions(sessions, { ...effort, share: Math.max(effort.share, 0.2) }), acknowledge, progress
      })
    )),
    ...ownerVariants.map(([variant, options]) => directoryTrial(
      `lists the sessions of an owner while processes change the owners of the same sessions (${variant})`,
      (directory, progress) => changeOwnersTogether(directory, { options, rounds: repetitions(ownerRounds, effort), seed: effort.seed, progress })
    )),
    directoryTrial(
      'keeps logins, logouts and counts while server processes are killed',
      (directory, progress) => useKilledServers(directory, { milliseconds: Math.max(1, minutes * 60_000 * effort.share), seed: effort.seed, progress })
    )
  ]
}
