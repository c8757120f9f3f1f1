import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { FileStore } from '../../src/index.ts'

declare module 'fastify' {
  interface Session {
    items?: unknown[]
  }
}

// A process that cart-server.ts starts: an application that keeps what it is
// sent in the session, with the store or, without a directory, the memory store.
const [directory = '', options = '{}'] = process.argv.slice(2)
const application = Fastify({ bodyLimit: 5_000_000 })
await application.register(fastifyCookie)
await application.register(fastifySession, {
  secret: 'this server listens on loopback for a few seconds only',
  cookie: { secure: false, maxAge: 600_000 },
  ...(directory !== '' && { store: new FileStore(directory, { pruneInterval: 0, onFailure () {}, ...JSON.parse(options) }) })
})

// As an application does that parses by itself, without Fastify's guard against __proto__.
application.addContentTypeParser('application/unguarded+json', { parseAs: 'string' }, (_request, body, done) => {
  try {
    done(null, JSON.parse(String(body)))
  } catch (error) {
    done(error as Error)
  }
})

application.post<{ Body: { item: unknown } }>('/cart', async ({ session, body }) => {
  session.items = [...session.items ?? [], body.item]
  return { count: session.items.length }
})
application.post<{ Body: { key: string, value: unknown } }>('/field', async ({ session, body }) => {
  (session as unknown as Record<string, unknown>)[body.key] = body.value
  return {}
})
application.get('/cart', async ({ session }) => ({ cart: session.items ?? null }))
application.get('/alive', async () => ({ isPolluted: ({} as { admin?: unknown }).admin !== undefined }))

const url = new URL(await application.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => process.exit())
process.send?.({ port: Number(url.port) })
