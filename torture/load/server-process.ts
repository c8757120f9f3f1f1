import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { FileStore } from '../../src/index.ts'

declare module 'fastify' {
  interface Session {
    user?: string
    count?: number
    slow?: string
  }
}

// A process that load/killed-servers.ts starts and kills: an application whose
// sessions are in a directory that several of these share.
const [directory = ''] = process.argv.slice(2)
const application = Fastify()
const slowRequests = new Map<string, () => void>()

await application.register(fastifyCookie)
await application.register(fastifySession, {
  secret: 'this server listens on loopback for a few minutes only',
  cookie: { secure: false, maxAge: 600_000 },
  saveUninitialized: false,
  store: new FileStore(directory, { pruneInterval: 1_000 })
})

application.get<{ Params: { user: string } }>('/login/:user', async request => {
  await request.session.regenerate()
  const { session, params } = request
  session.user = params.user
  session.count = 0
  return { user: params.user }
})
application.get('/read', async ({ session }) => ({ user: session.user ?? null, count: session.count ?? null }))
application.get('/count', async ({ session }) => {
  if (session.user !== undefined) session.count = (session.count ?? 0) + 1
  return { user: session.user ?? null, count: session.count ?? null }
})
application.get('/logout', async ({ session }) => {
  await session.destroy()
  return {}
})
// Loads its session, and saves it changed when /continue/:name is requested.
application.get<{ Params: { name: string } }>('/slow/:name', async ({ session, params }) => {
  const user = session.user ?? null
  process.send?.({ loaded: params.name })
  await new Promise<void>(resolve => { slowRequests.set(params.name, resolve) })
  session.slow = params.name
  return { user }
})
application.get<{ Params: { name: string } }>('/continue/:name', async ({ params }) => {
  slowRequests.get(params.name)?.()
  return {}
})

const url = new URL(await application.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => process.exit())
process.send?.({ port: Number(url.port) })
