import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { createApp } from './nest'

async function startApp (): Promise<NestFastifyApplication> {
  const app = await createApp()
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  return app
}

test('a login outlives the app', async () => {
  const first = await startApp()
  const { headers } = await first.inject({ method: 'POST', url: '/login' })
  await first.close()
  const second = await startApp()
  const { body } = await second.inject({ url: '/me', headers: { cookie: String(headers['set-cookie']).split(';')[0] ?? '' } })
  await second.close()
  expect(JSON.parse(body)).toEqual({ user: 'ada' })
})
