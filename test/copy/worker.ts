import { setTimeout as delay } from 'node:timers/promises'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { RedisStore } from 'connect-redis'
import Fastify from 'fastify'
import { createClient } from 'redis'
import { movingStore, type KeyedStore } from '../../src/copy/index.ts'
import { FileStore } from '../../src/index.ts'

declare module 'fastify' {
  interface Session {
    visitor?: string
    count?: number
  }
}

/** What a worker keeps its sessions in: one stage of a move from files to Redis, or of the way back to other files. */
export type Stage = 'files' | 'prepare' | 'moving' | 'redis' | 'prepare back' | 'moving back' | 'other files'

// An app as a process of its own, started with the stage, the directory, the directory for the way back, the address of
// the Redis, and its own host and port. Says its port when it listens, and ends in order at SIGTERM.
const [stage, directory = '', otherDirectory = '', url = '', host = '127.0.0.1', port = '0'] = process.argv.slice(2)

const client = createClient({ url })
client.on('error', () => {})
if (stage !== 'files' && stage !== 'other files') await client.connect()
const redis = new RedisStore({ client })

const stores: Record<Stage, () => KeyedStore> = {
  files: () => new FileStore(directory),
  prepare: () => movingStore({ from: new FileStore(directory), to: redis, prepare: true }),
  moving: () => movingStore({ from: new FileStore(directory), to: redis }),
  redis: () => redis,
  'prepare back': () => movingStore({ from: redis, to: new FileStore(otherDirectory), prepare: true }),
  'moving back': () => movingStore({ from: redis, to: new FileStore(otherDirectory) }),
  'other files': () => new FileStore(otherDirectory)
}

const app = Fastify({ forceCloseConnections: 'idle' })
await app.register(fastifyCookie)
await app.register(fastifySession, {
  secret: 'a secret of thirty-two characters',
  cookie: { secure: false, maxAge: 60 * 60 * 1000 },
  saveUninitialized: false,
  store: stores[stage as Stage]() as fastifySession.SessionStore
})

app.get('/me', async ({ session }) => ({ user: session.visitor ?? null, count: session.count ?? null }))

app.post('/login/:user', async ({ session, params }) => {
  session.visitor = (params as { user: string }).user
  session.count = 0
  return {}
})

app.post('/count', async ({ session }) => {
  if (session.visitor === undefined) return { count: null }
  session.count = (session.count ?? 0) + 1
  return { count: session.count }
})

// Loads the session, takes its time, and saves it as it was loaded.
app.get('/slow', async ({ session }) => {
  await delay(20)
  return { user: session.visitor ?? null }
})

app.post('/logout', async request => {
  await request.session.destroy()
  return {}
})

process.once('SIGTERM', () => {
  app.close().then(() => process.exit(0), () => process.exit(1))
})
await app.listen({ host, port: Number(port) })
process.send?.((app.server.address() as { port: number }).port)
