import { createApp } from './nest.js'

async function start (): Promise<void> {
  const app = await createApp()
  process.once('SIGTERM', () => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  console.log(await app.getUrl())
}

start()
