import { createRequire } from 'node:module'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { contentOf, maxAge, sizes } from '../fixtures/session.ts'
import { reply } from '../machine/child.ts'
import { sides, type SideName } from '../sides/sides.ts'

/** What the server is asked: its CPU time so far in microseconds, to watch the event loop, or the delay since then (p99, milliseconds). */
export type ServerQuestion = { readonly about: 'cpu' | 'watch' | 'delay' }

// In milliseconds: the shortest interval that the monitor supports. An idle event loop shows about this.
const resolution = 1
const delay = monitorEventLoopDelay({ resolution })

// In milliseconds: an hour. Connections are idle while the other sides have their turn.
const keepAliveTimeout = 3_600_000

const answers: Readonly<Record<ServerQuestion['about'], () => number>> = {
  cpu () {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  watch () {
    delay.reset()
    return delay.enable() ? 1 : 0
  },
  delay () {
    delay.disable()
    return Math.max(0, delay.percentile(99) / 1e6 - resolution)
  }
}

// A process of its own: the name of a side, its directory and the port of Redis are its arguments.
const [name, directory = '', redisPort] = process.argv.slice(2)
process.once('disconnect', () => process.exit())
process.on('message', ({ about }: ServerQuestion) => { void reply(answers[about]) })
await reply(start)

// Resolves to the port.
async function start (): Promise<number> {
  const require = createRequire(import.meta.url)
  const store = await sides[name as SideName].open({ directory, clock: Date.now, redisPort: Number(redisPort) })
  const application = require('fastify')({ keepAliveTimeout }) as FastifyInstance
  await application.register(require('@fastify/cookie'))
  // `rolling`, the default: each request sets the session, with a later expiry.
  await application.register(require('@fastify/session'), { secret: 'the benchmark listens on loopback only', cookie: { secure: false, maxAge }, store })
  application.get('/sign-in', async request => Object.assign(request.session, contentOf(sizes['400 bytes'])).count)
  application.get('/read', async request => ({ count: countOf(request) }))
  application.get('/change', async request => {
    const count = countOf(request) + 1
    Object.assign(request.session, { count })
    return { count }
  })
  return Number(new URL(await application.listen({ host: '127.0.0.1', port: 0 })).port)
}

function countOf (request: FastifyRequest): number {
  return (request.session as { count?: number }).count ?? NaN
}
