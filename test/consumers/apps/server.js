import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify from 'fastify'
import { FileStore } from 'fastify-file-session-store'

const app = Fastify()
const store = new FileStore('./sessions')
app.register(fastifyCookie)
app.register(fastifySession, { secret: 'a secret of at least 32 characters', cookie: { secure: false }, store })
app.addHook('onClose', () => store.close())

app.post('/login', async request => {
  request.session.user = 'ada'
  return {}
})
app.get('/me', async request => ({ user: request.session.user ?? null }))

process.once('SIGTERM', () => app.close())
app.listen({ host: '127.0.0.1', port: 0 }).then(address => console.log(address))
