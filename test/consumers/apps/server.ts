import fastifyCookie from '@fastify/cookie'
import fastifySession, { type SessionStore } from '@fastify/session'
import Fastify from 'fastify'
import { FileStore, readSession, type StoreOptions } from 'fastify-file-session-store'

declare module 'fastify' {
  interface Session { user?: string }
}

const options: StoreOptions = { ttl: 60_000 }
const store = new FileStore('./sessions', options)
const asPluginTakesIt: SessionStore = store
const app = Fastify()
app.register(fastifyCookie)
app.register(fastifySession, { secret: 'a secret of at least 32 characters', cookie: { secure: false }, store: asPluginTakesIt })
app.addHook('onClose', () => store.close())

app.post('/login', async request => {
  request.session.user = 'ada'
  return {}
})
app.get('/me', async request => ({ user: request.session.user ?? null }))
app.get('/sessions', async () => {
  const users: Array<string | undefined> = []
  for await (const { session, lastUsedAt } of store.list()) if (lastUsedAt.getTime() > 0) users.push(session.user)
  return users
})
app.get('/file/:id', async request => {
  const { id } = request.params as { id: string }
  const file = store.sessionFile(id)
  const session: unknown = (await readSession(String(file))).unwrapOr(null)
  return { session }
})

process.once('SIGTERM', () => app.close())
app.listen({ host: '127.0.0.1', port: 0 }).then(address => console.log(address))

// @ts-expect-error: the options are typed
export const refused: StoreOptions = { ttl: 'a day' }
