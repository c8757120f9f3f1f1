import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import * as assert from 'uvu/assert'
import { copySessions } from '../../src/copy/index.ts'
import { FileStore } from '../../src/index.ts'
import { namesIn, suiteOnDisk, valueOf } from '../support.ts'
import { startServer } from './server.ts'
import { Visitors } from './visitors.ts'
import { Workers } from './workers.ts'

const test = suiteOnDisk('an app under load')

test('moves from files to Redis and back, worker by worker, with everybody signed in, every logout final and no failure', async ({ directory }) => {
  const server = await startServer()
  const client = createClient({ url: server.url })
  await client.connect()
  const files = join(directory, 'sessions')
  const otherFiles = join(directory, 'other')
  const workers = new Workers({ directory: files, otherDirectory: otherFiles, url: server.url })
  const visitors = new Visitors(20, (method, path, cookie) => workers.request(method, path, cookie))
  try {
    await workers.start(2, 'files')
    await visitors.signIn()
    visitors.start()
    const underLoad = () => visitors.pass(100)
    const redis = new RedisStore({ client })

    await workers.replace('prepare', underLoad)
    assert.is(await countSessions(client), 0, 'nothing is moved yet')
    await workers.replace('moving', underLoad)
    assert.is(valueOf(await copySessions(files, redis)).failed, 0)
    await underLoad()
    await rename(files, `${files}.moved`)
    visitors.overlapping = false
    await workers.replace('redis', underLoad)
    assert.ok(await countSessions(client) >= 10, 'the sessions are in Redis')

    await workers.replace('prepare back', underLoad)
    await workers.replace('moving back', underLoad)
    assert.is(valueOf(await copySessions(redis, new FileStore(otherFiles, { pruneInterval: 0 }))).failed, 0)
    await underLoad()
    // Requests that are under way write their sessions there once more.
    do {
      await client.flushAll()
      await underLoad()
    } while (await client.dbSize() > 0)
    await workers.replace('other files', underLoad)
    visitors.overlapping = true
    await underLoad()

    await visitors.stop()
    assert.ok(visitors.logouts > 20, `${visitors.logouts} logouts`)
    assert.is(await client.dbSize(), 0)
    assert.ok((await namesIn(otherFiles)).length >= 20)
  } catch (cause) {
    throw new Error(`while the workers were at ${workers.stages}: ${(cause as Error).message}`, { cause })
  } finally {
    await workers.stop()
    client.destroy()
    await server.stop()
  }
})

// Without the notes of those that were ended.
async function countSessions (client: { keys (pattern: string): Promise<string[]> }): Promise<number> {
  return (await client.keys('sess:*')).filter(key => !key.startsWith('sess:ended-session.')).length
}

test.run()
