import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import * as assert from 'uvu/assert'
import { copySessions } from '../../src/copy/index.ts'
import { getSession } from '../../src/copy/keyed-store.ts'
import { FileStore } from '../../src/index.ts'
import { failureOf, suiteOnDisk, valueOf } from '../support.ts'
import { fill } from './sessions.ts'
import { startServer, type TestServer } from './server.ts'

let server: TestServer
let clients: Array<{ destroy (): void }>

const test = suiteOnDisk('copySessions when something goes away')
test.before.each(async () => {
  server = await startServer()
  clients = []
})
// Also after a failure: a client that is not destroyed tries to connect for ever.
test.after.each(async () => {
  for (const client of clients) client.destroy()
  await server.stop()
})

const count = 3_000

/** A client that tries to connect again at once, and, if not `queueing`, fails what it is asked meanwhile. */
async function connected (queueing: boolean) {
  const client = createClient({ url: server.url, disableOfflineQueue: !queueing, socket: { reconnectStrategy: () => 20 } })
  client.on('error', () => {})
  clients.push(client)
  await client.connect()
  return client
}

/** Every session of the directory is in the store as it is. */
async function assertCopied (directory: string, store: RedisStore): Promise<void> {
  const files = new FileStore(directory, { pruneInterval: 0 })
  let compared = 0
  for await (const { id, session } of files.list()) {
    assert.equal(await getSession(store, id), JSON.parse(JSON.stringify(session)))
    compared++
  }
  assert.is(compared, count)
}

test('goes on when Redis is killed and comes back, twice, and a second run copies what failed', async ({ directory }) => {
  await fill(new FileStore(directory, { pruneInterval: 0 }), count)
  const client = await connected(true)
  const store = new RedisStore({ client })
  const outages = [800, 2_000]
  let restarted: Promise<void> = Promise.resolve()
  const report = valueOf(await copySessions(directory, store, {
    onProgress: ({ copied }) => {
      if (copied < (outages[0] ?? Infinity)) return
      outages.shift()
      restarted = server.kill().then(() => server.start())
    }
  }))
  await restarted
  assert.is(outages.length, 0)
  assert.is(report.copied + report.failed, count)
  assert.is(report.failures.length, report.failed)
  for (const { id, cause } of report.failures) {
    assert.type(id, 'string')
    assert.instance(cause, Error)
  }
  const second = valueOf(await copySessions(directory, store))
  assert.is(second.copied + second.present, count)
  assert.is(second.failed, 0)
  await assertCopied(directory, store)
})

test('gives up when Redis is killed and commands fail, twice, and the last run finishes the job', async ({ directory }) => {
  await fill(new FileStore(directory, { pruneInterval: 0 }), count)
  const client = await connected(false)
  const store = new RedisStore({ client })
  let copied = 0
  for (const outage of [500, 800]) {
    let killed: Promise<void> | null = null
    const failure = failureOf(await copySessions(directory, store, {
      onProgress: progress => { if (progress.copied >= outage) killed ??= server.kill() }
    }))
    assert.is(failure.type, 'target-failed')
    assert.instance(failure.cause, Error)
    assert.ok(failure.report.copied >= outage && failure.report.copied < count)
    copied += failure.report.copied
    await killed
    await server.start()
    while (!client.isReady) await once(client, 'ready')
  }
  const last = valueOf(await copySessions(directory, store))
  assert.is(last.failed, 0)
  // What was acknowledged is not copied again, and what was written when the connection broke may be there too.
  assert.ok(last.present >= copied && last.copied + last.present === count)
  await assertCopied(directory, store)
})

test('has copied everything after it was killed three times and run again', async ({ directory }) => {
  await fill(new FileStore(directory, { pruneInterval: 0 }), count)
  for (const at of [300, 400, 500]) assert.is((await runCopy(directory, at)).signal, 'SIGKILL')
  const { signal, output } = await runCopy(directory, Infinity)
  assert.is(signal, null)
  const report = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  assert.is(report.copied + report.present, count, output)
  assert.ok(report.present >= 1_200)
  const client = await connected(true)
  await assertCopied(directory, new RedisStore({ client }))
})

test('stops at its signal with what it is about done, and the next run goes on', async ({ directory }) => {
  await fill(new FileStore(directory, { pruneInterval: 0 }), count)
  const client = await connected(true)
  const store = new RedisStore({ client })
  const stop = new AbortController()
  const failure = failureOf(await copySessions(directory, store, {
    signal: stop.signal,
    onProgress: ({ copied }) => { if (copied === 1_000) stop.abort(new Error('enough')) }
  }))
  assert.is(failure.type, 'copy-aborted')
  assert.is(failure.cause.message, 'enough')
  assert.is(failure.report.failed, 0)
  assert.is(await client.dbSize(), failure.report.copied)
  assert.is(valueOf(await copySessions(directory, store)).present, failure.report.copied)
  await assertCopied(directory, store)
})

/** A copy in a process of its own, which is killed when it has copied so many sessions. */
async function runCopy (directory: string, killAt: number): Promise<{ signal: string | null, output: string }> {
  const script = fileURLToPath(new URL('copy-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory, server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (Number(output.trim().split('\n').at(-1)) >= killAt) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  return { signal, output }
}

test.run()
