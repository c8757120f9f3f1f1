import fc from 'fast-check'
import { inFreshDirectory, repetitions, type Effort, type Progress, type Trial } from '../trial.ts'
import { perVariant, secret, type Variant } from '../variants.ts'
import { callOrder } from './call-order.ts'
import { runSteps } from './concurrent-requests.ts'
import { step } from './steps.ts'

// Sequences in the long run, over all variants.
const sequences = 20_000
const callSequences = 3_000

const variants: readonly Variant[] = [
  ['auto', {}],
  ['async', { io: 'async' }],
  ['async, no cache, encrypted', { io: 'async', cacheSize: 0, secret }],
  ['acknowledged from memory', { acknowledge: 'memory' }],
  ['acknowledged from memory, async, no cache', { acknowledge: 'memory', io: 'async', cacheSize: 0 }]
]

const orderVariants: readonly Variant[] = [
  ['auto', {}],
  ['async', { io: 'async' }],
  ['async, no cache, encrypted', { io: 'async', cacheSize: 0, secret }],
  ['async, without merging', { io: 'async', merge: false }]
]

/** Requests load, change and save one session, their steps in any order, none of them waiting for the disk. */
export function requestTrials (effort: Effort): Trial[] {
  return [...concurrentRequestTrials(effort), ...callOrderTrials(effort)]
}

function concurrentRequestTrials (effort: Effort): Trial[] {
  const numRuns = repetitions(perVariant(sequences, variants), effort)
  return variants.map(([variant, options]) => ({
    name: `keeps the changes of concurrent requests (${variant})`,
    async run (progress: Progress = () => {}) {
      let count = 0
      const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async steps => {
        await inFreshDirectory(directory => runSteps(directory, steps, options))
        progress(++count / numRuns)
      })
      await fc.assert(property, { numRuns, seed: effort.seed, includeErrorInReport: true })
      return numRuns
    }
  }))
}

function callOrderTrials (effort: Effort): Trial[] {
  const numRuns = repetitions(perVariant(callSequences, orderVariants), effort)
  return orderVariants.map(([variant, options]) => ({
    name: `calls back in the order of the calls (${variant})`,
    run: (progress: Progress = () => {}) => callOrder({ options, numRuns, seed: effort.seed, progress })
  }))
}
