import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import { Authenticator } from '@fastify/passport'
import fastifySession from '@fastify/session'
import { Strategy } from 'passport-local'
import formbody from '@fastify/formbody'
import { FileStore } from '../../src/index.ts'

// A process of its own, started by flows.test.ts: an application with the memory store or with ours.
const [kind = 'memory', directory = ''] = process.argv.slice(2)
const app = Fastify()
const passport = new Authenticator()

await app.register(formbody)
await app.register(fastifyCookie)
await app.register(fastifySession, {
  secret: 's'.repeat(32),
  cookie: { secure: false, maxAge: 60_000 },
  ...(kind === 'file' && { store: new FileStore(directory) })
})
await app.register(csrfProtection, { sessionPlugin: '@fastify/session' })
await app.register(passport.initialize())
await app.register(passport.secureSession())

passport.use(new Strategy((name, password, done) => {
  if (password === 'throws') done(new Error('the strategy failed'))
  else if (password === 'right') done(null, { name } as never)
  else done(null, false, { message: 'wrong password' })
}))
passport.registerUserSerializer(async (user: { name: string }) => user.name)
passport.registerUserDeserializer(async (name: string) => ({ name }))

const user = (request: { user?: unknown }) => ({ user: request.user ?? null })
const authenticate = (options: object) => passport.authenticate('local', { authInfo: false, ...options } as never)

for (const [name, options] of Object.entries({
  plain: {},
  message: { failureMessage: true },
  redirect: { successRedirect: '/who', failureRedirect: '/failed' },
  both: { successRedirect: '/who', failureRedirect: '/failed', failureMessage: true },
  flash: { successRedirect: '/who', failureRedirect: '/failed', failureFlash: true }
})) {
  app.post(`/login/${name}`, { preValidation: authenticate(options) }, async request => user(request))
  app.post(`/sloppy/login/${name}`, { preValidation: authenticate(options) }, async (request, reply) => { void reply.send(user(request)) })
}

// Each with and without returning what it sends.
const routes: Record<string, (request: any, reply: any) => unknown> = {
  who: user,
  failed: request => ({ messages: request.session.get('messages') ?? null }),
  count ({ session }) {
    session.count = (session.count ?? 0) + 1
    return { count: session.count }
  },
  read: ({ session }) => ({ count: session.count ?? null }),
  flash: (request, reply) => {
    request.flash('info', 'saved')
    return { flashed: reply.flash('info') }
  },
  token: async (_request, reply) => ({ length: (await reply.generateCsrf()).length })
}
for (const [name, handle] of Object.entries(routes)) {
  app.get(`/${name}`, async (request, reply) => await handle(request, reply))
  app.get(`/sloppy/${name}`, async (request, reply) => { void reply.send(await handle(request, reply)) })
}
app.get('/regenerate', async request => {
  await request.session.regenerate(['count' as never])
  return { count: (request.session as any).count ?? null }
})
app.get('/sloppy/regenerate', async (request, reply) => {
  await request.session.regenerate(['count' as never])
  void reply.send({ count: (request.session as any).count ?? null })
})
app.get('/destroy', async request => {
  await request.session.destroy()
  return { bye: true }
})
app.get('/sloppy/destroy', async (request, reply) => {
  await request.session.destroy()
  void reply.send({ bye: true })
})
app.get('/logout', async request => {
  await (request as any).logout()
  return user(request)
})
app.get('/sloppy/logout', async (request, reply) => {
  await (request as any).logout()
  void reply.send(user(request))
})
app.post('/protected', { preHandler: app.csrfProtection }, async () => ({ done: true }))

process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => process.exit())
