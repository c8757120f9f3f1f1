import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'

// What these applications do with a store that calls back later ends the process (fastify/session issues 99, 184, 254).
const test = suiteOnDisk('Passport, flash and csrf-protection')

/** What a client can see of an answer, apart from what differs each time. */
interface Seen { readonly request: string, readonly status: number | string, readonly location: string | null, readonly setsCookie: boolean, readonly body: string }

class Visitor {
  readonly #address: string
  #cookie = ''
  readonly seen: Seen[] = []

  constructor (address: string) {
    this.#address = address
  }

  async visit (path: string, form?: Record<string, string>): Promise<void> {
    const request = `${form === undefined ? 'GET' : 'POST'} ${path} ${JSON.stringify(form ?? {})}`
    try {
      const response = await fetch(`${this.#address}${path}`, {
        redirect: 'manual',
        headers: { ...(this.#cookie && { cookie: this.#cookie }) },
        ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) })
      })
      const [cookie] = response.headers.getSetCookie()
      if (cookie !== undefined) this.#cookie = cookie.split(';', 1)[0]!
      this.seen.push({ request, status: response.status, location: response.headers.get('location'), setsCookie: cookie !== undefined, body: await response.text() })
    } catch {
      this.seen.push({ request, status: 'no answer', location: null, setsCookie: false, body: '' })
    }
  }
}

async function serve (kind: 'memory' | 'file', directory: string): Promise<{ address: string, child: ChildProcess }> {
  const child = fork(fileURLToPath(new URL('flows-app.ts', import.meta.url)), [kind, directory], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const [address] = await once(child, 'message') as [string]
  return { address, child }
}

/** All flows of one kind of handler, each as a first visit and as a later one. */
async function play (address: string, prefix: string): Promise<Seen[]> {
  const all: Seen[] = []
  for (const login of ['plain', 'message', 'redirect', 'both', 'flash']) {
    for (const isFirstVisit of [true, false]) {
      for (const password of ['right', 'wrong', 'throws']) {
        const visitor = new Visitor(address)
        if (!isFirstVisit) await visitor.visit(`${prefix}/count`)
        await visitor.visit(`${prefix}/login/${login}`, { username: 'ada', password })
        await visitor.visit(`${prefix}/who`)
        await visitor.visit(`${prefix}/failed`)
        await visitor.visit(`${prefix}/login/${login}`, { username: 'eve', password: 'wrong' })
        await visitor.visit(`${prefix}/logout`)
        await visitor.visit(`${prefix}/who`)
        all.push(...visitor.seen)
      }
    }
  }
  for (const first of ['count', 'read', 'flash', 'token', 'regenerate', 'destroy', 'logout', 'who', 'failed']) {
    const visitor = new Visitor(address)
    for (const path of [first, 'count', 'read', 'flash', 'regenerate', 'count', 'token', 'destroy', 'read', 'count']) await visitor.visit(`${prefix}/${path}`)
    await visitor.visit('/protected', { _csrf: 'forged' })
    all.push(...visitor.seen)
  }
  return all
}

for (const [handlers, prefix] of [['that return their reply', ''], ['that do not return what they send', '/sloppy']] as const) {
  test(`behave with handlers ${handlers} as they do with the memory store`, async ({ directory }) => {
    const [memory, file] = await Promise.all([serve('memory', ''), serve('file', directory)])
    try {
      const [expected, found] = [await play(memory.address, prefix), await play(file.address, prefix)]
      assert.ok(expected.length > 200)
      assert.equal(expected.filter(({ status }) => status === 'no answer'), [])
      assert.equal(found, expected)
      assert.equal([memory.child.exitCode, file.child.exitCode], [null, null])
    } finally {
      for (const { child } of [memory, file]) if (child.connected) child.disconnect()
    }
  })
}

test.run()
