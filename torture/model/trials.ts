import { basename } from 'node:path'
import fc from 'fast-check'
import { sessionFile } from '../../src/index.ts'
import { namesIn, valueOf } from '../../test/support.ts'
import { inFreshDirectory, repetitions, type Effort, type Progress, type Trial } from '../trial.ts'
import { perVariant, secret, type Variant } from '../variants.ts'
import { agePointers } from '../aged-pointers.ts'
import { commandSequences, type Command } from './commands.ts'
import type { Driver, DriverOptions } from './driver.ts'
import { Model } from './model.ts'
import { ProcessDriver } from './process-driver.ts'
import { StoreDriver } from './store-driver.ts'

// Sequences in the long run, over all variants.
const sequences = 10_000
const ownedSequences = 4_000

const variants: readonly Variant[] = [
  ...(['auto', 'async'] as const).flatMap(io =>
    ([['', {}], [', no cache', { cacheSize: 0 }]] as const).flatMap(([cache, cacheSize]) =>
      ([['', {}], [', encrypted', { secret }]] as const).map(([encryption, encrypted]) =>
        [`${io}${cache}${encryption}`, { io, ...cacheSize, ...encrypted }] as const))),
  ['auto, without merging', { merge: false }],
  ['acknowledged from memory', { acknowledge: 'memory' }],
  ['acknowledged from memory, async, no cache, encrypted', { acknowledge: 'memory', io: 'async', cacheSize: 0, secret }]
]

// Each is tried with pointers of their real age and with old ones, so that wrong ones may be removed.
const ownedVariants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async, no cache, encrypted', { io: 'async', cacheSize: 0, secret }],
  ['auto, without merging', { merge: false }],
  ['acknowledged from memory', { acknowledge: 'memory' }]
]

/** Random sequences of commands against a model, a `Map` with a clock, in every configuration of a store. */
export function modelTrials (effort: Effort): Trial[] {
  const runs = (total: number, all: readonly Variant[]) => ({ numRuns: repetitions(perVariant(total, all), effort), seed: effort.seed })
  return [
    ...variants.map(([variant, options]) => ({
      name: `agrees with a Map that has a clock (${variant})`,
      run: (progress?: Progress) => compareSequences({ options, isOwned: false, isAged: false }, { ...runs(sequences, variants), progress })
    })),
    ...ownedVariants.flatMap(([variant, options]) => [false, true].map(isAged => ({
      name: `lists and ends the sessions of an owner as a Map does (${variant}${isAged ? ', old pointers' : ''})`,
      run: (progress?: Progress) => compareSequences({ options, isOwned: true, isAged }, { ...runs(ownedSequences / 2, ownedVariants), progress })
    })))
  ]
}

interface Runs {
  readonly numRuns: number
  readonly seed: number
  readonly progress: Progress | undefined
}

async function compareSequences (driverOptions: DriverOptions, { numRuns, seed, progress }: Runs): Promise<number> {
  const { now } = Date
  const { options, isOwned, isAged } = driverOptions
  // Only one process may acknowledge from memory, and nobody else may change its files.
  const isExclusive = options.acknowledge === 'memory'
  const otherProcess = isExclusive ? null : new ProcessDriver(driverOptions)
  const restore = isAged ? agePointers() : () => {}
  let count = 0
  try {
    const property = fc.asyncProperty(commandSequences({ isExclusive, isOwned }), async commands => {
      await inFreshDirectory(directory => compareSequence(commands, { directory, driverOptions, otherProcess }))
      progress?.(++count / numRuns)
    })
    await fc.assert(property, { numRuns, seed, includeErrorInReport: true })
  } finally {
    // The drivers have replaced it.
    Date.now = now
    restore()
    await otherProcess?.end()
  }
  return numRuns
}

interface Setup {
  readonly directory: string
  readonly driverOptions: DriverOptions
  readonly otherProcess: ProcessDriver | null
}

async function compareSequence (commands: readonly Command[], { directory, driverOptions, otherProcess }: Setup): Promise<void> {
  const { options, isOwned, isAged } = driverOptions
  const isWriteBehind = options.acknowledge === 'memory'
  const model = new Model(directory, { isEncrypting: options.secret !== undefined, isMerging: options.merge !== false, isWriteBehind, isOwned, nameOf })
  const stores = Array.from({ length: isWriteBehind ? 1 : 2 }, () => new StoreDriver(directory, driverOptions))
  const drivers: Driver[] = otherProcess === null ? stores : [...stores, otherProcess]
  try {
    await otherProcess?.open(directory)
    for (const command of commands) await model.run(command, drivers)
    await Promise.all(stores.map(store => store.close()))
    await model.checkDirectory(await namesIn(directory))
    await model.checkIndex(drivers.at(-1) as Driver, isAged)
  } finally {
    await Promise.all(stores.map(store => store.close()))
  }
}

function nameOf (id: string): string {
  return basename(valueOf(sessionFile('.', id)))
}
