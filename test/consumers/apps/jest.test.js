/* global expect, test */

const fastifyCookie = require('@fastify/cookie')
const fastifySession = require('@fastify/session')
const Fastify = require('fastify')
const { FileStore } = require('fastify-file-session-store')

// By HTTP: in Jest, `inject` of Fastify from 5.12 fails with any store, since it loads an ES module.
async function startApp () {
  const app = Fastify()
  const store = new FileStore('./sessions')
  app.register(fastifyCookie)
  app.register(fastifySession, { secret: 'a secret of at least 32 characters', cookie: { secure: false }, store })
  app.addHook('onClose', () => store.close())
  app.post('/login', async request => { request.session.user = 'ada'; return {} })
  app.get('/me', async request => ({ user: request.session.user ?? null }))
  return { address: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

test('a login outlives the app', async () => {
  const first = await startApp()
  const cookie = (await fetch(`${first.address}/login`, { method: 'POST' })).headers.get('set-cookie').split(';')[0]
  await first.close()
  const second = await startApp()
  const { user } = await (await fetch(`${second.address}/me`, { headers: { cookie } })).json()
  await second.close()
  expect(user).toBe('ada')
})
