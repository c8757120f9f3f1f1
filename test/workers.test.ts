import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import type { Io } from '../src/fs/disk.ts'
import { Client } from './client.ts'
import { suiteOnDisk } from './support.ts'

if (process.send === undefined) test()
else await work()

// A worker: the application in a process of its own, which says where it listens.
async function work (): Promise<void> {
  const [directory = '', io = 'auto'] = process.argv.slice(2)
  const app = Fastify()
  const store = new FileStore(directory, { io: io as Io, pruneInterval: 0 })
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false, maxAge: 60_000 }, saveUninitialized: false, store })
  app.addHook('onClose', () => store.close())
  app.get('/login', async request => {
    await request.session.regenerate()
    request.session.set('hits' as never, 0 as never)
    return {}
  })
  app.get('/hit', async ({ session }) => {
    const hits = Number(session.get('hits' as never)) + 1
    session.set('hits' as never, hits as never)
    return { hits }
  })
  app.get('/seen', async ({ session }) => ({ hits: session.get('hits' as never) ?? null }))
  app.get('/logout', async ({ session }) => {
    await session.destroy()
    return {}
  })
  process.once('disconnect', () => { void app.close() })
  process.send!(await app.listen({ host: '127.0.0.1', port: 0 }))
}

function test (): void {
  const workers = suiteOnDisk('Two workers behind one directory')

  /** The addresses of two workers, until `story` is over. */
  async function within (directory: string, io: Io, story: (addresses: [string, string]) => Promise<void>): Promise<void> {
    const children = [1, 2].map(() => fork(fileURLToPath(import.meta.url), [directory, io], { execArgv: ['--import', 'tsx'] }))
    try {
      const messages = await Promise.all(children.map(child => once(child, 'message')))
      await story(messages.map(([address]) => address) as [string, string])
    } finally {
      await Promise.all(children.map(child => {
        const exited = once(child, 'exit')
        child.disconnect()
        return exited
      }))
    }
  }

  for (const io of ['auto', 'async'] as const) {
    workers(`(io ${io}) see each other's logins, changes, new ids and logouts at once`, async ({ directory }) => {
      await within(directory, io, async ([first, second]) => {
        const here = new Client(first)
        await here.ask('/login')
        const there = here.at(second)
        let hits = 0
        for (let round = 0; round < 30; round++) {
          for (const client of [here, there, there, here]) assert.equal((await client.ask('/hit')).json, { hits: ++hits })
          // Both have it in memory now, and read it again.
          for (const client of [here, there]) assert.equal((await client.ask('/seen')).json, { hits })
        }
        // A new id in one, and the old one is over in the other.
        await here.ask('/login')
        assert.equal((await there.ask('/seen')).json, { hits: null })
        const again = here.at(second)
        assert.equal((await again.ask('/seen')).json, { hits: 0 })
        await again.ask('/logout')
        assert.equal((await here.ask('/seen')).json, { hits: null })
        assert.equal((await again.ask('/seen')).json, { hits: null })
      })
    })
  }

  workers.run()
}
