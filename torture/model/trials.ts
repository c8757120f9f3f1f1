import { basename } from 'node:path'
import fc from 'fast-check'
import { sessionFile, type StoreOptions } from '../../src/index.ts'
import { namesIn, valueOf } from '../../test/support.ts'
import { inFreshDirectory, repetitions, type Effort, type Progress, type Trial } from '../trial.ts'
import { perVariant, secret, type Variant } from '../variants.ts'
import { commandSequences, type Command } from './commands.ts'
import type { Driver } from './driver.ts'
import { ttl } from './lifetimes.ts'
import { Model } from './model.ts'
import { ProcessDriver } from './process-driver.ts'
import { StoreDriver } from './store-driver.ts'

// Sequences in the long run, over all variants.
const sequences = 10_000

const variants: readonly Variant[] = [
  ...(['auto', 'async'] as const).flatMap(io =>
    ([['', {}], [', no cache', { cacheSize: 0 }]] as const).flatMap(([cache, cacheSize]) =>
      ([['', {}], [', encrypted', { secret }]] as const).map(([encryption, encrypted]) =>
        [`${io}${cache}${encryption}`, { io, ...cacheSize, ...encrypted }] as const))),
  ['auto, without merging', { merge: false }],
  ['acknowledged from memory', { acknowledge: 'memory' }],
  ['acknowledged from memory, async, no cache, encrypted', { acknowledge: 'memory', io: 'async', cacheSize: 0, secret }]
]

/** Random sequences of commands against a model, a `Map` with a clock, in every configuration of a store. */
export function modelTrials (effort: Effort): Trial[] {
  return variants.map(([variant, options]) => ({
    name: `agrees with a Map that has a clock (${variant})`,
    run: progress => compareSequences(options, { numRuns: repetitions(perVariant(sequences, variants), effort), seed: effort.seed, progress })
  }))
}

interface Runs {
  readonly numRuns: number
  readonly seed: number
  readonly progress: Progress | undefined
}

async function compareSequences (options: StoreOptions, { numRuns, seed, progress }: Runs): Promise<number> {
  const { now } = Date
  // Only one process may acknowledge from memory, and nobody else may change its files.
  const isExclusive = options.acknowledge === 'memory'
  const otherProcess = isExclusive ? null : new ProcessDriver(options)
  let count = 0
  try {
    const property = fc.asyncProperty(commandSequences(isExclusive), async commands => {
      await inFreshDirectory(directory => compareSequence(commands, { directory, options, otherProcess }))
      progress?.(++count / numRuns)
    })
    await fc.assert(property, { numRuns, seed, includeErrorInReport: true })
  } finally {
    // The drivers have replaced it.
    Date.now = now
    await otherProcess?.end()
  }
  return numRuns
}

interface Setup {
  readonly directory: string
  readonly options: StoreOptions
  readonly otherProcess: ProcessDriver | null
}

async function compareSequence (commands: readonly Command[], { directory, options, otherProcess }: Setup): Promise<void> {
  const isWriteBehind = options.acknowledge === 'memory'
  const model = new Model(directory, { isEncrypting: options.secret !== undefined, isMerging: options.merge !== false, isWriteBehind, nameOf })
  const stores = Array.from({ length: isWriteBehind ? 1 : 2 }, () => new StoreDriver(directory, { ...options, ttl }))
  const drivers: Driver[] = otherProcess === null ? stores : [...stores, otherProcess]
  try {
    await otherProcess?.open(directory)
    for (const command of commands) await model.run(command, drivers)
    await Promise.all(stores.map(store => store.close()))
    await model.checkDirectory(await namesIn(directory))
  } finally {
    await Promise.all(stores.map(store => store.close()))
  }
}

function nameOf (id: string): string {
  return basename(valueOf(sessionFile('.', id)))
}
