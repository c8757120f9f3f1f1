import { resolve } from 'node:path'
import { buildApp } from './app.ts'
import { secretFor } from './secret.ts'

const { PORT = '3000', SESSIONS_DIRECTORY = './sessions', SESSION_SECRET } = process.env

const sessionsDirectory = resolve(SESSIONS_DIRECTORY)
const app = await buildApp({ sessionsDirectory, secret: secretFor(sessionsDirectory, SESSION_SECRET), logger: { level: 'warn' } })

// Once: a second signal ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { void app.close() })
}

console.log(`The Paper Shop is open at ${await app.listen({ host: '127.0.0.1', port: Number(PORT) })}`)
console.log(`Its sessions are in ${sessionsDirectory}`)
