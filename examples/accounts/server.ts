import { join } from 'node:path'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { demoUsers } from './demo.ts'

const {
  HOST: host = '127.0.0.1',
  PORT: port = '3000',
  DATA_DIRECTORY: directory = join(import.meta.dirname, 'data'),
  ADMIN_PASSWORD: adminPassword,
  TRUST_PROXY: trustProxy = '',
  LOG_LEVEL: level = 'warn',
  NODE_ENV: mode
} = process.env

const app = await buildApp({
  directory,
  users: adminPassword ? [{ name: 'Admin', password: adminPassword, role: 'admin' }] : [],
  demoUsers: mode === 'production' ? [] : demoUsers,
  trustProxy: trustProxy === '' ? false : trustProxy.split(','),
  logger: { level }
})

// At SIGTERM, SIGINT or an uncaught error: answers the requests that are under way, closes the store, and ends.
closeWithGrace({ delay: 10_000, logger: false }, async ({ err }) => {
  if (err) app.log.error(err)
  await app.close()
})

console.log(`The Paper Shop is open at ${await app.listen({ host, port: Number(port) })}`)
console.log(`Its data is in ${directory}`)
