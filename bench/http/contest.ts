import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Child } from '../machine/child.ts'
import type { RedisServer } from '../machine/redis-server.ts'
import type { SideName } from '../sides/sides.ts'
import type { LoadQuestion } from './load-generator.ts'
import type { ServerQuestion } from './server.ts'
import type { LoadResult } from './visitors.ts'
import type { Workload } from './workloads.ts'

/** One round of one side. */
export interface Round {
  readonly perSecond: number
  /** Latency in milliseconds. */
  readonly p50: number
  readonly p99: number
  /** User and system CPU time of the server's process per request, in microseconds. */
  readonly serverCpu: number
  /** The same of the Redis server; 0 for sides that do not use it. */
  readonly redisCpu: number
  /** The 99th percentile of the event loop's delay in milliseconds; 0 when it was not watched. */
  readonly delay99: number
}

interface Entrant { readonly server: Child, readonly port: number }

// In milliseconds. What a store does after its response belongs to the CPU time of the round; write-behind takes up to 50.
const settleTime = 60

/** The running servers of all sides that take part on one file system. */
export class Contest {
  readonly #load: Child
  readonly #core: number | null
  readonly #redis: RedisServer | null
  readonly #entrants = new Map<SideName, Entrant>()

  constructor ({ load, core, redis }: { readonly load: Child, readonly core: number | null, readonly redis: RedisServer | null }) {
    this.#load = load
    this.#core = core
    this.#redis = redis
  }

  /** The sides that entered. */
  get sides (): SideName[] {
    return [...this.#entrants.keys()]
  }

  /** Starts a side's server and signs `visitors` in. Resolves to the reason when the side cannot run on this machine, otherwise to `null`. */
  async enter (name: SideName, parent: string, visitors: number): Promise<string | null> {
    const directory = join(parent, name)
    mkdirSync(directory, { recursive: true })
    const server = Child.start(new URL('server.ts', import.meta.url), [name, directory, String(this.#redis?.port ?? 0)], this.#core)
    try {
      const port = await server.next<number>()
      await this.#ask({ port, signIn: visitors })
      this.#entrants.set(name, { server, port })
      return null
    } catch (cause) {
      await server.stop()
      return (cause as Error).message
    }
  }

  /** Sends a workload to a side for some seconds. */
  async run (name: SideName, { route, connections, sessions, watchesDelay }: Workload, seconds: number): Promise<Round> {
    const { server, port } = this.#entrants.get(name) as Entrant
    const ask = (about: ServerQuestion['about']) => server.ask<number>({ about })
    const redisCpuTime = async () => name === 'redis' ? await this.#redis?.cpuTime() ?? 0 : 0
    if (watchesDelay) await ask('watch')
    const [cpuBefore, redisBefore] = [await ask('cpu'), await redisCpuTime()]
    const { requests, perSecond, p50, p99 } = await this.#ask<LoadResult>({ port, load: { route, connections, sessions, seconds } })
    const delay99 = watchesDelay ? await ask('delay') : 0
    await setTimeout(settleTime)
    const [cpuAfter, redisAfter] = [await ask('cpu'), await redisCpuTime()]
    return { perSecond, p50, p99, serverCpu: (cpuAfter - cpuBefore) / requests, redisCpu: (redisAfter - redisBefore) / requests, delay99 }
  }

  /** Stops all servers. */
  async end (): Promise<void> {
    for (const { server } of this.#entrants.values()) await server.stop()
  }

  async #ask<Answer> (question: LoadQuestion): Promise<Answer> {
    return await this.#load.ask(question)
  }
}
