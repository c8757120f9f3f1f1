import { createRequire } from 'node:module'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { contentOf, maxAge, sizes } from './sessions.ts'
import { sides, type SideName } from './stores.ts'

/** What the server sends when it listens, or cannot. */
export type ServerMessage = { readonly port: number } | { readonly reason: string }

// A process of its own, started by http.ts with the name of a side, its directory and the port of Redis.
const [name, directory = '', redisPort] = process.argv.slice(2)
process.once('disconnect', () => process.exit())
process.send?.(await start().catch((cause: unknown): ServerMessage => ({ reason: cause instanceof Error ? cause.message : String(cause) })))

async function start (): Promise<ServerMessage> {
  const require = createRequire(import.meta.url)
  const store = await sides[name as SideName].open({ directory, clock: Date.now, redisPort: Number(redisPort) })
  const application = require('fastify')() as FastifyInstance
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
  const url = new URL(await application.listen({ host: '127.0.0.1', port: 0 }))
  return { port: Number(url.port) }
}

function countOf (request: FastifyRequest): number {
  return (request.session as { count?: number }).count ?? NaN
}
