import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Visitors, type Round } from './client.ts'
import { startRedis } from './redis.ts'
import { alternate, median, type Samples } from './rounds.ts'
import type { ServerMessage } from './server.ts'
import { sides, type SideName } from './stores.ts'

/** The routes: one that reads the session, one that changes it. */
export const routes = { '/read': 'reads the session', '/change': 'changes the session' } as const

export type Route = keyof typeof routes

/** One route: requests a second of each side in each round, and the middle of the latencies, in milliseconds. */
export interface HttpRoute {
  readonly route: Route
  readonly samples: Samples
  readonly latencies: Readonly<Record<string, { readonly p50: number, readonly p99: number }>>
}

/** What `http` measured, and who could not take part. */
export interface HttpResults {
  readonly routes: readonly HttpRoute[]
  readonly absent: Readonly<Record<string, string>>
}

interface Running { readonly visitors: Visitors, readonly server: ChildProcess }

/** All stores behind a server each, in turn. */
export async function measureHttp (directory: string, isQuick: boolean): Promise<HttpResults> {
  const effort = isQuick ? { rounds: 1, seconds: 1, warmUp: 0.5 } : { rounds: 5, seconds: 3, warmUp: 2 }
  const redis = await startRedis()
  const running = new Map<string, Running>()
  const absent: Record<string, string> = {}
  try {
    for (const name of Object.keys(sides) as SideName[]) {
      if (name === 'redis' && redis === null) {
        absent[name] = 'there is no redis-server here'
        continue
      }
      const place = join(directory, name)
      mkdirSync(place, { recursive: true })
      const server = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [name, place, String(redis?.port ?? 0)], { env: { ...process.env, NODE_ENV: 'production' } })
      const [message] = await once(server, 'message') as [ServerMessage]
      if ('reason' in message) {
        absent[name] = message.reason
        server.disconnect()
      } else {
        running.set(name, { server, visitors: await Visitors.signIn(message.port) })
      }
    }
    return { routes: await measureRoutes(running, effort), absent }
  } finally {
    for (const { server } of running.values()) await stop(server)
    await redis?.stop()
  }
}

async function measureRoutes (running: ReadonlyMap<string, Running>, effort: { rounds: number, seconds: number, warmUp: number }): Promise<HttpRoute[]> {
  const results: HttpRoute[] = []
  for (const route of Object.keys(routes) as Route[]) {
    const rounds: Record<string, Round[]> = {}
    for (const { visitors } of running.values()) await visitors.request(route, effort.warmUp)
    const samples = await alternate([...running.keys()], effort.rounds, async name => {
      const { visitors } = running.get(name) as Running
      const round = await visitors.request(route, effort.seconds)
      ;(rounds[name] ??= []).push(round)
      return round.perSecond
    })
    const latencies = Object.fromEntries(Object.entries(rounds).map(([name, all]) =>
      [name, { p50: median(all.map(round => round.p50)), p99: median(all.map(round => round.p99)) }]))
    results.push({ route, samples, latencies })
    console.log(`${route}: ${Object.entries(samples).map(([name, rates]) => `${name} ${Math.round(median(rates))}/s`).join(', ')}`)
  }
  return results
}

async function stop (server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exit = once(server, 'exit')
  server.disconnect()
  await exit
}
