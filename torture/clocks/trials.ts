import { directoryTrial, repetitions, type Effort, type Trial } from '../trial.ts'
import type { Variant } from '../variants.ts'
import { differentClocks, differentClocksOfProcesses } from './differences.ts'
import { fakes, fakeTime } from './fake-timers.ts'
import { jumpsAhead, jumpsBack } from './jumps.ts'

// In the long run.
const jumps = 2_000

const variants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async, no cache', { io: 'async', cacheSize: 0 }]
]

/** Clocks that jump, clocks that differ, and clocks that are fake. */
export function clockTrials (effort: Effort): Trial[] {
  const count = repetitions(jumps, effort)
  return variants.flatMap(([variant, options]) => [
    directoryTrial(`ends sessions in time after its clock was ahead (${variant})`, directory => jumpsAhead(directory, { options, count, seed: effort.seed })),
    directoryTrial(`keeps sessions while its clock is behind (${variant})`, directory => jumpsBack(directory, { options, count, seed: effort.seed })),
    directoryTrial(`shares sessions with a store whose clock differs by seconds (${variant})`, directory => differentClocks(directory, { options, count, seed: effort.seed })),
    directoryTrial(`shares sessions with processes whose clocks differ by seconds (${variant})`, directory => differentClocksOfProcesses(directory, options)),
    ...Object.keys(fakes).map(fake => directoryTrial(`follows fake timers: ${fake} (${variant})`, directory => fakeTime(directory, fake, options)))
  ])
}
