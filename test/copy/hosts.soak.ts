import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import * as assert from 'uvu/assert'
import { copySessions } from '../../src/copy/index.ts'
import { namesIn, suiteOnDisk, valueOf } from '../support.ts'
import { send, startBalancer } from './balancer.ts'
import { makeHosts, whyNoHosts } from './hosts.ts'
import { startServer } from './server.ts'
import { Visitors } from './visitors.ts'
import { Workers } from './workers.ts'

const test = suiteOnDisk('two machines')
const why = await whyNoHosts()
const testOnHosts = why === null ? test : test.skip

// Each host has files of its own, so its clients are pinned to it; from Redis every host serves everybody.
testOnHosts(`move from their own files to one Redis, behind a load balancer, with everybody signed in${why === null ? '' : ` (skipped: ${why})`}`, async ({ directory }) => {
  const { hosts, address, remove } = await makeHosts()
  const server = await startServer('redis-server', address)
  const client = createClient({ url: server.url })
  const directories = hosts.map((_, index) => join(directory, `host-${index}`))
  const machines = hosts.map((host, index) => new Workers({ directory: directories[index]!, url: server.url, host: host.address, on: host.on }))
  const balancer = await startBalancer(machines.map(workers => (method, path, cookie) => workers.request(method, path, cookie)))
  const visitors = new Visitors(20, (method, path, cookie) => send(`${balancer.url}${path}`, method, cookie))
  const underLoad = () => visitors.pass(100)
  try {
    await client.connect()
    const redis = new RedisStore({ client })
    await Promise.all(machines.map(workers => workers.start(1, 'files')))
    await visitors.signIn()
    visitors.start()

    // Before: each host has sessions, and none of the other's.
    await underLoad()
    for (const name of directories) assert.ok((await namesIn(name)).length > 3)

    // During: one host after the other.
    for (const stage of ['prepare', 'moving'] as const) for (const workers of machines) await workers.replace(stage, underLoad)
    for (const name of directories) assert.is(valueOf(await copySessions(name, redis)).failed, 0)
    await underLoad()
    balancer.isPinning = false
    await underLoad()
    for (const name of directories) await rename(name, `${name}.moved`)

    // After: nobody needs a host of their own any more.
    visitors.overlapping = false
    for (const workers of machines) await workers.replace('redis', underLoad)
    await underLoad()
    await visitors.stop()
    assert.ok(visitors.logouts > 10, `${visitors.logouts} logouts`)
    assert.equal((await namesIn(directory)).filter(name => !name.endsWith('.moved')).length, 0)
  } finally {
    await Promise.all(machines.map(workers => workers.stop()))
    await balancer.close()
    client.destroy()
    await server.stop()
    await remove()
  }
})

test.run()
