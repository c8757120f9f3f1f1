import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore } from '../../src/index.ts'
import { fileSessions, type FileSessionsOptions } from '../../src/plugin/plugin.ts'
import { secretFrom } from '../../src/plugin/secret-file.ts'
import { Client } from '../client.ts'
import { namesIn, rejection, runModule, suiteOnDisk } from '../support.ts'

const test = suiteOnDisk('fileSessions')

/** An application with the plugin, listening, until `story` is over. */
async function serve (options: FileSessionsOptions, story: (client: Client, address: string) => Promise<void>): Promise<void> {
  const app = Fastify()
  await app.register(fileSessions, options)
  app.get('/login/:user', async (request: any) => {
    request.session.user = request.params.user
    return 'in'
  })
  app.get('/user', async (request: any) => ({ user: request.session.user ?? null }))
  try {
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    await story(new Client(address), address)
  } finally {
    await app.close()
  }
}

test('refuses what it does not know, and says it in the words of its own options', async ({ directory }) => {
  const refusals: ReadonlyArray<readonly [options: object, message: RegExp]> = [
    [{ directory, encryptionSecrets: 'k'.repeat(32) }, /^fileSessions has no option 'encryptionSecrets'; it has directory, secretFile, encryptionSecret, and the options of/],
    [{ directory, store: {} }, /^fileSessions has no option 'store'/],
    [{ directory, encryptionSecret: 'short' }, /^fileSessions' option encryptionSecret is not as expected/],
    [{ directory, requireEncryption: true }, /^fileSessions' option requireEncryption needs an encryptionSecret$/],
    [{ directory, ttl: 0 }, /^FileStore's option ttl is 0; expected/],
    [{ directory: 5 }, /^fileSessions needs the option directory: a path that is not empty, and not 5$/],
    [{}, /^fileSessions needs the option directory: a path that is not empty, and not undefined$/]
  ]
  for (const [options, message] of refusals) {
    const app = Fastify()
    assert.match((await rejection(app.register(fileSessions, options as never) as unknown as Promise<unknown>)).message, message)
    await app.close()
  }
  assert.equal(await namesIn(directory), [])
})

test('knows every option of the installed @fastify/session', async () => {
  const types = await readFile(join(import.meta.dirname, '../../node_modules/@fastify/session/types/index.d.ts'), 'utf8')
  const declaration = /interface FastifySessionOptions \{([^]*?)\n {2}\}/.exec(types)![1]!
  const names = [...declaration.matchAll(/^ {4}(\w+)\??[:(]/gm)].map(([, name]) => name!)
  assert.ok(names.length >= 8, names.join())
  for (const name of names.filter(name => name !== 'store')) {
    const app = Fastify()
    const error = await rejection(app.register(fileSessions, { [name]: undefined } as never) as unknown as Promise<unknown>)
    assert.match(error.message, 'needs the option directory', name)
    await app.close()
  }
})

test('keeps a login over a restart, with a secret that it makes once', async ({ directory }) => {
  const options = { directory: join(directory, 'sessions') }
  let kept = new Client('')
  await serve(options, async client => {
    await client.ask('/login/ada')
    kept = client
  })
  const secret = await readFile(join(options.directory, '.secret'), 'utf8')
  assert.is(secret.length, 43)
  if (process.platform !== 'win32') assert.is((await stat(join(options.directory, '.secret'))).mode & 0o777, 0o600)
  await serve(options, async (_, address) => {
    assert.equal((await kept.at(address).ask('/user')).json, { user: 'ada' })
  })
  assert.is(await readFile(join(options.directory, '.secret'), 'utf8'), secret)
})

test('loses nothing that was acknowledged from memory when the application closes', async ({ directory }) => {
  await serve({ directory, acknowledge: 'memory' }, async client => { await client.ask('/login/ada') })
  assert.is((await namesIn(directory)).filter(name => name.endsWith('.json')).length, 1)
})

test('makes no session for a visitor, and sets a cookie for production', async ({ directory }) => {
  await serve({ directory, secret: 's'.repeat(32), cookie: { maxAge: 60_000 } }, async client => {
    assert.not.ok((await client.ask('/user')).setCookie)
    const { setCookie } = await client.ask('/login/ada')
    assert.match(setCookie ?? '', /Path=\/; .*HttpOnly; .*SameSite=Lax/)
    assert.not.match(setCookie ?? '', 'Secure')
  })
  assert.equal((await namesIn(directory)).filter(name => name.endsWith('.json')).length, 1)
})

test('passes on the options of @fastify/session and of the store', async ({ directory }) => {
  await serve({ directory, secret: 's'.repeat(32), cookieName: 'sid', saveUninitialized: true, extension: '.session', encryptionSecret: 'e'.repeat(32) }, async client => {
    await client.ask('/user')
    assert.match(client.cookies, /^sid=/)
  })
  const [name = ''] = (await namesIn(directory)).filter(name => !name.startsWith('.'))
  assert.match(name, /\.session$/)
  assert.match(await readFile(join(directory, name), 'utf8'), /^\{"encrypted"/)
})

test('uses a cookie plugin that is there, and decorates the application with the store', async ({ directory }) => {
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fileSessions, { directory, secret: 's'.repeat(32) })
  assert.instance(app.sessions, FileStore)
  assert.is(app.sessions.stats().gets, 0)
  await app.close()
})

test('refuses an application that has @fastify/session already', async ({ directory }) => {
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 's'.repeat(32) })
  assert.match((await rejection(app.register(fileSessions, { directory }) as unknown as Promise<unknown>)).message, 'registered already')
})

test('fails at start when the directory cannot be used, and says why', async ({ directory }) => {
  await writeFile(join(directory, 'file'), '')
  const app = Fastify()
  const error = await rejection(app.register(fileSessions, { directory: join(directory, 'file') }) as unknown as Promise<unknown>)
  assert.match(error.message, /The session directory .*file is not a directory/)
})

test('logs failures, with the path and without the content', async ({ directory }) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(fileSessions, { directory, secret: 's'.repeat(32) })
  await writeFile(join(directory, 'abc.json'), 'somebody\'s secret')
  for (let time = 0; time < 50; time++) await new Promise<void>(resolve => app.sessions.get('abc', () => resolve()))
  await new Promise(resolve => setImmediate(resolve))
  const warnings = lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40)
  const own = warnings.filter(({ err }) => err !== undefined)
  assert.is(own.length, 1)
  assert.match(own[0].err.message, 'abc.json does not hold a session')
  assert.is(own[0].err.code, 'malformed')
  assert.ok(own[0].err.stack.length > 0)
  assert.not.match(lines.join(''), 'somebody')
  await app.close()
})

test('gives all workers that start together the same secret', async ({ directory }) => {
  const file = join(directory, 'new', '.secret')
  const secrets = await Promise.all(Array.from({ length: 20 }, () => secretFrom(file)))
  assert.is(new Set(secrets).size, 1)
  assert.is((await secretFrom(file)).length, 43)
})

for (const [name, refusal] of [['has no links', 'EPERM'], ['has the secret of another process by now', 'EEXIST']] as const) {
  test(`makes one secret where the file system ${name}`, async ({ directory }) => {
    const file = join(directory, 'secret')
    const { code, output, errors } = await runModule(`
      import fs from 'node:fs/promises'
      import { syncBuiltinESMExports } from 'node:module'
      fs.link = async (from, to) => {
        if ('${refusal}' === 'EEXIST') await fs.writeFile(to, 'o'.repeat(43))
        throw Object.assign(new Error('refused'), { code: '${refusal}' })
      }
      syncBuiltinESMExports()
      const { secretFrom } = await import('../src/plugin/secret-file.ts')
      console.log(await secretFrom(process.argv[1]))
    `, [file])
    assert.is(code, 0, errors)
    assert.is(output.trim(), await readFile(file, 'utf8'))
    assert.equal(await namesIn(directory), ['secret'])
  })
}

test('leaves no part of a secret that could not be written', async ({ directory }) => {
  const file = join(directory, 'secret')
  const { code } = await runModule(`
    import fs from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    fs.link = async () => process.exit(7)
    syncBuiltinESMExports()
    const { secretFrom } = await import('../src/plugin/secret-file.ts')
    await secretFrom(process.argv[1])
  `, [file])
  assert.is(code, 7)
  assert.is((await secretFrom(file)).length, 43)
})

test('waits for a secret that another process is writing', async ({ directory }) => {
  const file = join(directory, '.secret')
  await writeFile(file, '')
  const secret = secretFrom(file)
  await delay(50)
  await writeFile(file, 's'.repeat(43))
  assert.is(await secret, 's'.repeat(43))
})

test('refuses a secret file that is too short or cannot be read or made, and names it', async ({ directory }) => {
  await writeFile(join(directory, 'short'), 'short')
  assert.match((await rejection(secretFrom(join(directory, 'short')))).message, /short holds 5 characters; expected 32 or more/)
  assert.match((await rejection(secretFrom(directory))).message, 'cannot be read')
  assert.match((await rejection(secretFrom(join(directory, 'short', 'inner')))).message, /cannot be made/)
  assert.match((await rejection(secretFrom(join(directory, 'n'.repeat(250))))).message, /cannot be made: ENAMETOOLONG/)
})

test('warns of a secret that other users can read', async ({ directory }) => {
  if (process.platform === 'win32') return
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  await writeFile(join(directory, 'secret'), 's'.repeat(32))
  await chmod(join(directory, 'secret'), 0o644)
  await app.register(fileSessions, { directory, secretFile: join(directory, 'secret') })
  assert.match(lines.join(''), 'can be read by other users')
  await app.close()
})

test.run()
