import { GlideClient, Logger } from '@valkey/valkey-glide'
import { ValkeyStore } from 'connect-valkey'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import * as assert from 'uvu/assert'
import { copySessions, movingStore } from '../../src/copy/index.ts'
import { FileStore } from '../../src/index.ts'
import { promised, suiteOnDisk, valueOf } from '../support.ts'
import { startServer, type TestServer } from './server.ts'
import { fill, sampleId, sampleSession } from './sessions.ts'

let server: TestServer
let glide: GlideClient

const test = suiteOnDisk('copySessions to a real Valkey')
test.before(async () => {
  server = await startServer('valkey-server')
  Logger.init('off')
  glide = await GlideClient.createClient({ addresses: [{ host: '127.0.0.1', port: server.port }] })
})
test.before.each(async () => { await glide.flushall() })
test.after(async () => {
  glide?.close()
  await server?.stop()
})

const plain = (session: unknown) => JSON.parse(JSON.stringify(session))

test('copies through connect-valkey field by field, with times to live right to the second, and back', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  await fill(files, 1_000)
  const store = new ValkeyStore({ client: glide })
  assert.is(valueOf(await copySessions(directory, store)).copied, 1_000)
  for await (const { id, session, expiresAt } of files.list()) {
    assert.equal(plain(await promised(store).get(id)), plain(session))
    const late = await glide.pexpiretime(`sess:${id}`) - expiresAt.getTime()
    assert.ok(late > -1 && late < 2_000, `it expires ${late} ms late`)
  }
  const back = new FileStore(`${directory}/back`, { pruneInterval: 0 })
  assert.is(valueOf(await copySessions(store, back)).copied, 1_000)
  for await (const { id, session } of back.list()) assert.equal(plain(session), plain(await promised(store).get(id)))
})

test('moves through connect-valkey', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  const store = new ValkeyStore({ client: glide })
  const moving = promised(movingStore({ from: files, to: store }))
  const id = sampleId()
  await promised(files).set(id, sampleSession(0))
  assert.equal(plain(await moving.get(id)), plain(await promised(files).get(id)))
  assert.equal(plain(await promised(store).get(id)), plain(await promised(files).get(id)))
  await moving.destroy(id)
  assert.is(await promised(files).get(id), null)
  assert.is(await promised(store).get(id), null)
  assert.is(await moving.get(id), null)
})

test('copies through connect-redis, whose client speaks to a Valkey as to a Redis', async ({ directory }) => {
  await fill(new FileStore(directory, { pruneInterval: 0 }), 1_000)
  const client = await createClient({ url: server.url }).connect()
  const store = new RedisStore({ client })
  assert.is(valueOf(await copySessions(directory, store)).copied, 1_000)
  assert.is(valueOf(await copySessions(directory, store)).present, 1_000)
  client.destroy()
})

test.run()
