import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { FileStore, type Secret } from '../../src/index.ts'
import { namesIn, suiteOnDisk } from '../support.ts'
import { rowsOf, run } from './command.ts'

declare module 'fastify' {
  interface Session {
    person?: { name: string }
    visits?: number
  }
}

const test = suiteOnDisk('file-sessions beside a running server under load')

const [current, old] = ['c'.repeat(32), 'o'.repeat(32)]
const both = { env: { CURRENT: current, OLD: old } }
const withBoth = ['--secret-env', 'CURRENT', '--secret-env', 'OLD']

// As many sessions, each of which is changed by one request after the other.
const users = 24

/** A server whose sessions count their visits. */
async function start (directory: string, secret: Secret): Promise<{ readonly app: FastifyInstance, readonly url: string }> {
  const app = Fastify()
  void app.register(fastifyCookie)
  void app.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false, maxAge: 3_600_000 }, store: new FileStore(directory, { secret }) })
  app.get<{ Params: { name: string } }>('/login/:name', async request => {
    request.session.person = { name: request.params.name }
    request.session.visits = 0
    return {}
  })
  app.get('/visit', async request => {
    if (request.session.person === undefined) return { visits: null }
    request.session.visits = (request.session.visits ?? 0) + 1
    return { visits: request.session.visits }
  })
  return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

/** A user who logs in and visits until told to stop. */
class Visitor {
  readonly name: string
  /** How many visits were answered, and what the last answer said. */
  requests = 0
  visits: number | null = 0
  #cookie = ''
  #isStopped = false
  #running: Promise<void> | null = null

  constructor (name: string) {
    this.name = name
  }

  async logIn (url: string): Promise<void> {
    const response = await fetch(`${url}/login/${this.name}`)
    this.#cookie = response.headers.get('set-cookie')!.split(';')[0]!
  }

  start (url: string): void {
    this.#isStopped = false
    this.#running = this.#visitAll(url)
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    await this.#running
  }

  async #visitAll (url: string): Promise<void> {
    while (!this.#isStopped) {
      const response = await fetch(`${url}/visit`, { headers: { cookie: this.#cookie } })
      ;({ visits: this.visits } = await response.json() as { visits: number | null })
      this.requests++
      await delay(20)
    }
  }
}

async function underLoad (directory: string, secret: Secret, work: (visitors: readonly Visitor[]) => Promise<void>): Promise<readonly Visitor[]> {
  const { app, url } = await start(directory, secret)
  const visitors = Array.from({ length: users }, (_, index) => new Visitor(`user${index % 2}`))
  try {
    for (const visitor of visitors) await visitor.logIn(url)
    for (const visitor of visitors) visitor.start(url)
    await work(visitors)
    await Promise.all(visitors.map(visitor => visitor.stop()))
  } finally {
    await app.close()
  }
  return visitors
}

test('encrypts, rotates and decrypts without losing a session or a change', async ({ directory }) => {
  const visitors = await underLoad(directory, [current, old], async () => {
    for (let round = 0; round < 2; round++) {
      for (const command of ['decrypt', 'encrypt', 'rotate']) {
        const { code, errors } = await run([command, directory, ...withBoth], both)
        assert.equal([code, errors], [0, ''], command)
      }
    }
  })
  assert.equal(visitors.filter(({ visits }) => visits === null), [])
  const requests = visitors.reduce((sum, { requests }) => sum + requests, 0)
  const visits = visitors.reduce((sum, { visits }) => sum + visits!, 0)
  // A change that falls between the last look at a file and its renaming is lost: microseconds, as between two servers.
  assert.ok(requests > 200 && requests - visits <= 1, `${visits} of ${requests}`)
  assert.is((await namesIn(directory)).filter(name => name.endsWith('.tmp')).length, 0)
  assert.match((await run(['stats', directory, ...withBoth], both)).output, new RegExp(`^files +${users} `))
})

test('rotate sees that a server still encrypts under the old secret', async ({ directory }) => {
  await underLoad(directory, [old, current], async () => {
    const { code, errors } = await run(['rotate', directory, ...withBoth], both)
    assert.is(code, 1)
    assert.match(errors, /^The old secret must stay: a server still writes without the new one first \(\d+ sessions?, the latest at .*\); restart it with secret: \[new, old\] and repeat this\.\n$/)
  })
})

test('signs a user out everywhere, for good, and nobody else', async ({ directory }) => {
  const visitors = await underLoad(directory, [current], async visitors => {
    const { code, output } = await run(['revoke', '-d', directory, '--where', 'person.name=user1', '--yes'], { env: { SESSION_FILE_SECRET: current } })
    assert.is(code, 0)
    assert.match(output, new RegExp(`\nEnded ${users / 2} sessions\\.\n$`))
    const seen = visitors.map(({ requests }) => requests)
    while (visitors.some(({ requests }, index) => requests < seen[index]! + 3)) await delay(20)
  })
  for (const { name, visits } of visitors) assert.is(visits === null, name === 'user1', name)
  const { output } = await run(['list', directory, '-w', 'person.name=user1'], { env: { SESSION_FILE_SECRET: current } })
  assert.is(output, '')
})

test('lists, counts, prunes and examines while sessions change', async ({ directory }) => {
  await underLoad(directory, [current], async () => {
    const env = { SESSION_FILE_SECRET: current }
    const listed = await run(['list', directory, '--since', '1m', '-f', 'person.name,visits'], { env })
    assert.equal([listed.code, rowsOf(listed.output).length, listed.errors], [0, users, ''])
    const { live, unreadable } = JSON.parse((await run(['stats', directory, '--json'], { env })).output)
    assert.equal([live, unreadable], [users, 0])
    assert.match((await run(['prune', directory], { env })).output, /^Removed 0 of \d+ sessions/)
    assert.match((await run(['doctor', directory], { env })).output, new RegExp(`There are ${users} live sessions\\.`))
  })
})

test.run()
