import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RedisStore } from 'connect-redis'
import { createClient, type RedisClientType } from 'redis'
import { copySessions, FileStore } from '../src/index.ts'

// How many sessions a second copySessions copies into a local Redis and back, beside what the client's pipeline and the
// listing of the files do alone, and how much memory it takes: node --import tsx bench/copy.ts [sessions]
//
// The time of a copy is that of reading each file twice and of five short commands for each session; one of them is
// the write that the raw pipeline makes.

const sessions = Number(process.argv[2] ?? 1_000_000)
const day = 24 * 60 * 60 * 1000

/** A session of some 400 bytes as JSON. */
function sampleSession (index: number): any {
  return {
    cookie: { originalMaxAge: day, expires: new Date(Date.now() + day), sameSite: 'lax', secure: true, path: '/', httpOnly: true, domain: null },
    user: { id: index, name: `Visitor ${index}`, mail: `visitor-${index}@example.org` },
    cart: [{ item: index % 1_000, count: 1 }, { item: index % 77, count: 2 }],
    token: 'x'.repeat(120)
  }
}

const idOf = (index: number) => `session${index.toString(36).padStart(25, '0')}`

/** Runs `work`, and prints the sessions a second, how long it took and by how much the process grew at most. */
async function measure (name: string, work: () => Promise<void>): Promise<void> {
  global.gc?.()
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => { most = Math.max(most, process.memoryUsage().rss) }, 50)
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  clearInterval(watch)
  const megabytes = (bytes: number) => Math.round(bytes / 1_000_000)
  console.log(`${name.padEnd(34)} ${Math.round(sessions / seconds).toLocaleString('en').padStart(9)}/s ${seconds.toFixed(1).padStart(7)} s  memory ${megabytes(before)} MB, at most ${megabytes(most)} MB`)
}

/** Calls `work` with each number below `sessions`, so many at once. */
async function each (atOnce: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < sessions) await work(next++)
  }))
}

async function startRedis (): Promise<{ client: RedisClientType, stop: () => void }> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  const server = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const client: RedisClientType = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: () => 50 } })
  client.on('error', () => {})
  await delay(200)
  await client.connect()
  return {
    client,
    stop: () => {
      client.destroy()
      server.kill()
    }
  }
}

const directory = await mkdtemp(join(tmpdir(), 'copy-bench-'))
const { client, stop } = await startRedis()
try {
  const files = new FileStore(join(directory, 'files'), { pruneInterval: 0, cacheSize: 0 })
  const store = new RedisStore({ client })
  mkdirSync(join(directory, 'files'))
  for (let index = 0; index < sessions; index++) writeFileSync(join(directory, 'files', `${idOf(index)}.json`), JSON.stringify(sampleSession(index)))
  await measure('FileStore.list alone', async () => {
    let count = 0
    for await (const { id } of files.list()) if (id !== '') count++
    if (count !== sessions) throw new Error(`listed ${count}`)
  })
  const text = JSON.stringify(sampleSession(1))
  await measure('raw pipeline: SET with EX', () => each(64, index => client.set(`raw:${index}`, text, { expiration: { type: 'EX', value: 86_400 } })))
  await client.flushAll()
  await measure('copySessions: files to Redis', async () => console.log(await report(join(directory, 'files'), store)))
  await measure('copySessions again: all present', async () => console.log(await report(join(directory, 'files'), store)))
  await measure('copySessions: Redis to files', async () => console.log(await report(store, new FileStore(join(directory, 'back'), { pruneInterval: 0, cacheSize: 0 }))))
} finally {
  stop()
  await rm(directory, { recursive: true, force: true })
}

async function report (...[source, target]: Parameters<typeof copySessions>): Promise<string> {
  const { copied, present, failed } = (await copySessions(source, target)).match(value => value, error => { throw new Error(error.type, { cause: error }) })
  return `  copied ${copied}, present ${present}, failed ${failed}`
}
