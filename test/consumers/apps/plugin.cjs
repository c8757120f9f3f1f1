const Fastify = require('fastify')
const { fileSessions } = require('fastify-file-session-store/plugin')

const app = Fastify()
app.register(fileSessions, { directory: './sessions' })

app.post('/login', async request => {
  request.session.user = 'ada'
  return {}
})
app.get('/me', async request => ({ user: request.session.user ?? null }))

process.once('SIGTERM', () => app.close())
app.listen({ host: '127.0.0.1', port: 0 }).then(address => console.log(address))
