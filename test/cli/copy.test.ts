import { once } from 'node:events'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RedisStore } from 'connect-redis'
import { createClient, type RedisClientType } from 'redis'
import * as assert from 'uvu/assert'
import { FileStore } from '../../src/index.ts'
import { fill } from '../copy/sessions.ts'
import { freePort, startServer, type TestServer } from '../copy/server.ts'
import { namesIn, promised, requireProgram, runModule, suiteOnDisk } from '../support.ts'
import { plain, put, run, runOnTerminal, sessionOf } from './command.ts'

let server: TestServer
let client: RedisClientType

const test = requireProgram('redis-server', suiteOnDisk('file-sessions copy'))
test.before(async () => {
  server = await startServer()
  client = createClient({ url: server.url })
  await client.connect()
})
test.before.each(async () => { await client.flushAll() })
test.after(async () => {
  client?.destroy()
  await server?.stop()
})

const place = () => `127.0.0.1:${server.port}`
const filesIn = (directory: string, options = {}) => new FileStore(directory, { pruneInterval: 0, ...options })

test('copies a directory to a Redis, and says what became of the sessions', async ({ directory }) => {
  await fill(filesIn(directory), 20)
  await put(directory, 'expired', sessionOf(), { age: 30 * 24 * 3_600_000 })
  const { code, output, errors } = await run(['copy', directory, '--to', server.url])
  assert.match(output, new RegExp(`^Copied 20 sessions to ${place()} in \\S+ ?\\S*; 1 had expired\\.\\n$`))
  assert.is(errors, '')
  assert.is(code, 0)
  assert.is(await client.dbSize(), 20)
  const again = await run(['copy', directory, '--to', server.url])
  assert.match(again.output, /^Copied 0 sessions .*; 20 were there already; 1 had expired\.\n$/)
})

test('copies a Redis to a directory', async ({ directory }) => {
  const ids = await fill(new RedisStore({ client }), 20)
  await mkdir(join(directory, 'sessions'))
  const { code, output } = await run(['copy', join(directory, 'sessions'), '--from', server.url, '--verify'])
  assert.match(output, /^Copied 20 sessions to .*\nVerified: 20 sessions are the same\.\n$/)
  assert.is(code, 0)
  assert.is((await namesIn(join(directory, 'sessions'))).filter(name => name.endsWith('.json')).length, 20)
  assert.ok(await promised(filesIn(join(directory, 'sessions'))).get(ids[0]!))
})

test('uses the prefix, the database and the Valkey scheme of the address', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  const { code, output } = await run(['copy', directory, '--to', `valkey://127.0.0.1:${server.port}/3`, '--prefix', 'app:'])
  assert.is(code, 0)
  assert.match(output, new RegExp(`to ${place()}/3 in`))
  await client.select(3)
  assert.equal(await client.keys('*'), ['app:a'])
  await client.select(0)
})

test('writes nothing in a dry run', async ({ directory }) => {
  await fill(filesIn(directory), 3)
  const { code, output } = await run(['copy', directory, '--to', server.url, '--dry-run'])
  assert.is(output, `Would copy 3 sessions to ${place()}.\n`)
  assert.is(code, 0)
  assert.is(await client.dbSize(), 0)
})

test('reads everything back, and names what is missing or different', async ({ directory }) => {
  for (const id of ['good', 'changed']) await put(directory, id, { cookie: { expires: new Date(Date.now() + 60_000) }, id })
  assert.is((await run(['copy', directory, '--to', server.url, '--verify'])).output.split('\n')[1], 'Verified: 2 sessions are the same.')
  await promised(new RedisStore({ client })).set('changed', { cookie: { expires: new Date(Date.now() + 60_000) }, id: 'other' })
  const { code, output, errors } = await run(['copy', directory, '--to', server.url, '--verify'])
  assert.match(output, /Verified: 1 session is the same\.\n$/)
  assert.match(errors, /^The session changed is different there\.\n0 are missing and 1 different; repeat this\.\n$/)
  assert.is(code, 1)
})

test('reads encrypted sessions with the secret, and names those that it cannot read', async ({ directory }) => {
  const secret = 'a secret of thirty-two characters'
  await fill(filesIn(directory, { secret }), 7)
  const { code, output, errors } = await run(['copy', directory, '--to', server.url])
  assert.match(output, /^Copied 0 sessions/)
  assert.match(errors, /The session \S+ could not be copied: .*\n(.*\n)*2 others could not be copied either\.\nRepeat this/)
  assert.is(code, 1)
  assert.is((await run(['copy', directory, '--to', server.url, '--secret-env', 'S'], { env: { S: secret } })).code, 0)
  assert.is(await client.dbSize(), 7)
})

test('takes the address from an environment variable, and never shows its password', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  await client.configSet('requirepass', 'pass-word')
  try {
    const url = `redis://:pass-word@127.0.0.1:${server.port}`
    const good = await run(['copy', directory, '--to-env', 'REDIS_URL'], { env: { REDIS_URL: url } })
    const wrong = await run(['copy', directory, '--to-env', 'REDIS_URL'], { env: { REDIS_URL: url.replace('pass', 'wrong') } })
    const none = await run(['copy', directory, '--to', server.url])
    const shown = await run(['copy', directory, '--to', url])
    assert.equal([good.code, wrong.code, none.code, shown.code], [0, 1, 1, 0])
    assert.is(good.errors, '')
    assert.is(wrong.errors, `file-sessions: The Redis at ${place()} cannot be used (wrong user name or password); check the address and the credentials.\n`)
    assert.match(none.errors, /it asks for a password/)
    assert.match(shown.errors, /^Other users of this machine can see the password on the command line; .* --to-env\.\n$/)
    for (const { output, errors } of [good, wrong, none, shown]) assert.not.match(output + errors, /-word/)
  } finally {
    await client.configSet('requirepass', '')
  }
})

for (const [name, flags, message, env] of [
  ['no address', [], 'Say where to copy: --to redis://localhost:6379/0, or --from for the other way.'],
  ['both ways', ['--to', 'redis://localhost', '--from', 'redis://localhost'], 'Say where to copy: --to redis://localhost:6379/0, or --from for the other way.'],
  ['the address twice', ['--to', 'redis://localhost', '--to-env', 'A'], 'The address is given twice; leave out --to or --to-env.'],
  ['a variable that is not set', ['--from-env', 'NO_URL'], 'The environment variable NO_URL is not set; set it to the address, as in redis://user:password@localhost:6379/0.'],
  ['an address of something else', ['--to', 'http://:hidden@localhost'], 'The address in --to is not one of a Redis or Valkey; write it as in redis://localhost:6379/0.'],
  ['no address in the variable', ['--to-env', 'A'], 'The address in the environment variable A is not one of a Redis or Valkey; write it as in redis://localhost:6379/0.', { A: 'hidden' }]
] as const) {
  test(`refuses ${name} in one sentence`, async ({ directory }) => {
    const { code, output, errors } = await run(['copy', directory, ...flags], { env: env ?? {} })
    assert.is(errors, `file-sessions: ${message}\n`)
    assert.is(output, '')
    assert.is(code, 2)
  })
}

test('says that nobody answers', async ({ directory }) => {
  const port = await freePort()
  const { code, errors } = await run(['copy', directory, '--to', `redis://127.0.0.1:${port}`])
  assert.is(errors, `file-sessions: The Redis at 127.0.0.1:${port} cannot be used (connection refused); check the address and the credentials.\n`)
  assert.is(code, 1)
})

test('says that there is no such directory', async ({ directory }) => {
  const { code, errors } = await run(['copy', join(directory, 'none'), '--to', server.url])
  assert.match(errors, /There is no directory/)
  assert.is(code, 1)
})

test('says which packages are missing', async ({ directory }) => {
  // The built command in an application that has everything but those.
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const app = join(directory, 'node_modules')
  await mkdir(join(app, 'fastify-file-session-store'), { recursive: true })
  await cp(join(root, 'dist'), join(app, 'fastify-file-session-store/dist'), { recursive: true })
  await cp(join(root, 'package.json'), join(app, 'fastify-file-session-store/package.json'))
  for (const name of ['commander', 'neverthrow', 'lru-cache', 'secure-json-parse', '@clack', 'sisteransi', 'fast-string-width', 'fast-string-truncated-width', 'picocolors', '@bomb.sh', '@fastify', 'fastify']) {
    await symlink(join(root, 'node_modules', name), join(app, name)).catch(() => {})
  }
  await writeFile(join(directory, 'package.json'), '{}')
  const main = join(app, 'fastify-file-session-store/dist/cli/main.js')
  const { code, errors } = await runModule(`
    import { spawnSync } from 'node:child_process'
    const { status, stderr } = spawnSync(process.execPath, [${JSON.stringify(main)}, 'copy', ${JSON.stringify(directory)}, '--to', 'redis://127.0.0.1'], { encoding: 'utf8', cwd: ${JSON.stringify(directory)} })
    console.error(stderr.trim())
    process.exitCode = status
  `)
  assert.is(errors, 'file-sessions: This needs the packages redis and connect-redis in the application: npm install redis connect-redis express-session\n')
  assert.is(code, 1)
})

test('gives up when the Redis goes away for good, and finishes when it is run again', async ({ directory }) => {
  await fill(filesIn(directory), 2_000)
  // A server in between, which can be made to go away without losing what is there.
  const gate = await startGate(server.port)
  const first = await run(['copy', directory, '--to', `redis://127.0.0.1:${gate.port}`], { onStart: () => { void gate.closeAfter(300_000) } })
  assert.is(first.code, 1)
  assert.match(first.errors, /Given up, since nothing can be written any more \(.*\); repeat this when that works again\.\n$/)
  const copied = Number(/^Copied ([\d,]+)/.exec(first.output)?.[1]?.replace(',', ''))
  assert.ok(copied > 0 && copied < 2_000, first.output)
  const second = await run(['copy', directory, '--to', server.url, '--verify'])
  assert.is(second.code, 0)
  assert.match(second.output, /Verified: 2,000 sessions are the same\.\n$/)
})

test('stops at Ctrl-C, says what was copied, and finishes when it is run again', async ({ directory }) => {
  await fill(filesIn(directory), 2_000)
  const first = await runOnTerminal(['copy', directory, '--to', server.url], [[/Copying/, '\u0003']])
  assert.match(plain(first.output), /Copied [\d,]+ sessions to .*\n.*Interrupted: repeat this to copy the rest\.\n/)
  assert.is(first.code, 130)
  assert.is((await run(['copy', directory, '--to', server.url])).code, 0)
  assert.is(await client.dbSize(), 2_000)
})

test('shows a progress bar on a terminal', async ({ directory }) => {
  await fill(filesIn(directory), 2_000)
  const { code, output } = await runOnTerminal(['copy', directory, '--to', server.url, '--verify'])
  assert.is(code, 0)
  assert.match(output, /Copying .*█.*% of 2,000/)
})

/** Passes everything on to a port until it is closed. */
async function startGate (to: number): Promise<{ port: number, closeAfter (bytes: number): Promise<void> }> {
  let left = Infinity
  const gate = createServer(socket => {
    const other = connect(to, '127.0.0.1')
    for (const end of [socket, other]) end.on('error', () => {})
    socket.pipe(other).pipe(socket)
    socket.on('data', ({ length }) => {
      left -= length
      if (left > 0) return
      gate.close()
      socket.destroy()
      other.destroy()
    })
  })
  gate.listen(0, '127.0.0.1')
  await once(gate, 'listening')
  return {
    port: (gate.address() as AddressInfo).port,
    async closeAfter (bytes) {
      left = bytes
      await once(gate, 'close')
    }
  }
}

test.run()
