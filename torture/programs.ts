import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { sessionFile } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'
import { freshDirectory, namesIn, valueOf } from '../test/support.ts'
import { Model, ttl, type Plays } from './model.ts'
import { Player, type Operation, type Reply } from './player.ts'
import { programs, type Command } from './program.ts'
import { timesOf, type Effort, type Trial } from './trial.ts'

// In the long run, over all ways.
const often = 10_000

const secret = 'k'.repeat(32)

const ways: ReadonlyArray<readonly [name: string, options: StoreOptions]> = [
  ...(['auto', 'async'] as const).flatMap(io =>
    ([['', {}], [', no cache', { cacheSize: 0 }]] as const).flatMap(([cache, cacheSize]) =>
      ([['', {}], [', sealed', { secret }]] as const).map(([seal, sealing]) =>
        [`${io}${cache}${seal}`, { io, ...cacheSize, ...sealing }] as const))),
  ['acknowledged from memory', { acknowledge: 'memory' }],
  ['acknowledged from memory, async, no cache, sealed', { acknowledge: 'memory', io: 'async', cacheSize: 0, secret }]
]

/** Random programs against a `Map` with a clock, in every way there is to run a store. */
export function modelTrials (effort: Effort): Trial[] {
  return ways.map(([way, options]) => ({
    name: `agrees with a Map (${way})`,
    run: () => agree(options, timesOf(often / ways.length, effort), effort.seed)
  }))
}

async function agree (options: StoreOptions, numRuns: number, seed: number): Promise<number> {
  const isAlone = options.acknowledge === 'memory'
  const other = isAlone ? null : new OtherProcess(options)
  try {
    await fc.assert(fc.asyncProperty(programs(isAlone), program => run(program, options, other)), { numRuns, seed, includeErrorInReport: true })
  } finally {
    await other?.end()
  }
  return numRuns
}

async function run (program: readonly Command[], options: StoreOptions, other: OtherProcess | null): Promise<void> {
  const directory = await freshDirectory()
  const isLate = options.acknowledge === 'memory'
  const model = new Model(directory, { isSealing: options.secret !== undefined, isLate }, nameOf)
  const here = Array.from({ length: isLate ? 1 : 2 }, () => new Player(directory, { ...options, ttl }))
  const players: Plays[] = other === null ? here : [...here, other]
  try {
    await other?.open(directory)
    for (const command of program) await model.run(command, players)
    await Promise.all(here.map(player => player.close()))
    await model.check(await namesIn(directory))
  } finally {
    await Promise.all(here.map(player => player.close()))
    await rm(directory, { recursive: true, force: true })
  }
}

function nameOf (id: string): string {
  return basename(valueOf(sessionFile('.', id)))
}

/** A player in a process of its own. */
class OtherProcess implements Plays {
  readonly #child: ChildProcess

  constructor (options: StoreOptions) {
    this.#child = fork(fileURLToPath(new URL('other.ts', import.meta.url)), [JSON.stringify(options)], {
      serialization: 'advanced', execArgv: ['--import', 'tsx']
    })
  }

  /** Has a store of its own on this directory from now on. */
  async open (directory: string): Promise<void> {
    await this.#ask(directory)
  }

  async play (operation: Operation, now: number): Promise<Reply> {
    return await this.#ask({ operation, now }) as Reply
  }

  async end (): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  async #ask (message: string | { readonly operation: Operation, readonly now: number }): Promise<unknown> {
    const waiting = new AbortController()
    try {
      const { signal } = waiting
      const answer = once(this.#child, 'message', { signal }).then(([reply]) => reply as unknown)
      const exited = once(this.#child, 'exit', { signal }).then(([code]) => { throw new Error(`the other process ended with ${code}`) })
      this.#child.send(message)
      return await Promise.race([answer, exited])
    } finally {
      waiting.abort()
    }
  }
}
