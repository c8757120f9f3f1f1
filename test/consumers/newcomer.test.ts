import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { readdir, readFile, rm, mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { environmentOf, run, tarball, type CommandLine } from './consumer.ts'

const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')

const running = new Set<ChildProcess>()

const test = suite<{ root: string }>('A newcomer who follows the README')

test.before(async context => {
  context.root = await mkdtemp(join(tmpdir(), 'newcomer-'))
  await run(context.root, ['npm', 'init', '-y'])
  const [, install = ''] = /^## Install\n+```sh\n(npm install .*)\n```$/m.exec(readme) ?? []
  // The package of this checkout, which no registry has.
  const words = install.split(' ').map(word => word === 'fastify-file-session-store' ? tarball() : word)
  assert.is(words.filter(word => word === tarball()).length, 1)
  await run(context.root, words as [string, ...string[]])
})

// Of a test that failed, too.
test.after.each(() => {
  for (const { pid } of running) process.kill(-pid!, 'SIGKILL')
})

test.after(({ root }) => rm(root, { recursive: true, force: true }))

test('The quick start of the README, after npm init', async ({ root }) => {
  const command = await writeExample(root, 'app.mjs', 'node app.mjs')
  const first = await start(root, command)
  const { cookie, body } = await visit(first.address)
  assert.is(body, '1 visits')
  assert.is((await visit(first.address, cookie)).body, '2 visits')
  await first.stop()
  const second = await start(root, command)
  assert.is((await visit(second.address, cookie)).body, '3 visits')
  await second.stop()
  const names = await readdir(join(root, 'sessions'))
  assert.is(names.filter(name => !name.startsWith('.')).length, 1)
  assert.ok(names.includes('.secret'))
})

test('Login and logout of the README, in TypeScript by tsx', async ({ root }) => {
  const command = await writeExample(root, 'login.mts', 'npx tsx login.mts')
  const first = await start(root, command)
  const login = await post(`${first.address}/login`, { user: 'ada' })
  assert.equal(await login.json(), { user: 'ada' })
  const cookie = cookieOf(login)
  await post(`${first.address}/login`, { user: 'ada' })
  await first.stop()
  const second = await start(root, command)
  // Of this person the sessions that were signed in before the restart, this one included.
  assert.equal(await (await post(`${second.address}/logout-everywhere`, {}, cookie)).json(), { ended: 2 })
  assert.equal(await (await post(`${second.address}/logout-everywhere`, {}, cookie)).json(), { ended: 0 })
  await second.stop()
})

test.run()

/** Writes the README's file of this name, on a port that is free, and gives the command that the README says. */
async function writeExample (root: string, name: string, command: string): Promise<CommandLine> {
  const [, code = ''] = new RegExp(`^\`${name}\`[^\n]*:\n\n\`\`\`\\w+\n(.*?)^\`\`\`$`, 'ms').exec(readme) ?? []
  assert.ok(readme.includes(`\`${command}\``), `the README does not say ${command}`)
  assert.ok(code.includes('port: 3000'), `the README has no ${name} that listens`)
  await writeFile(join(root, name), code.replace('port: 3000', `port: ${await freePort()}`).replace('Fastify()', 'Fastify({ logger: true })'))
  return command.split(' ') as [string, ...string[]]
}

interface App {
  readonly address: string
  /** Sends SIGTERM to the processes of the command, and resolves when they have ended. */
  stop (): Promise<void>
}

// Of its own process group, since `npx` starts the application in a process of its own; to its question, whether it may
// install `tsx`, the answer is yes.
async function start (root: string, [program, ...parameters]: CommandLine): Promise<App> {
  const child = spawn(program, parameters, { cwd: root, env: { ...environmentOf(), npm_config_yes: 'true' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  running.add(child)
  const closed = once(child, 'close').then(() => running.delete(child))
  let output = ''
  const address = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const [, found] = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? []
        if (found !== undefined) resolve(found)
      })
    }
    child.once('close', () => reject(new Error(`${program} ${parameters.join(' ')} ended:\n${output}`)))
  })
  return {
    address,
    async stop () {
      process.kill(-child.pid!, 'SIGTERM')
      await closed
      assert.not.match(output, /"level":[56]0/)
    }
  }
}

async function visit (address: string, cookie = ''): Promise<{ cookie: string, body: string }> {
  const response = await fetch(address, { headers: { cookie } })
  return { cookie: cookieOf(response), body: await response.text() }
}

function post (url: string, body: object, cookie = ''): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', cookie } })
}

function cookieOf (response: Response): string {
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
