import Fastify, { type FastifyInstance } from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'
import { namesIn, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('Concurrent requests')

/** An application on a directory, whose slow requests end when the test ends them. */
interface Server {
  readonly app: FastifyInstance
  readonly address: string
  /** Starts a request that loads its session, and changes it when the test lets it continue. */
  readonly slow: (cookie: string, change: Change) => Promise<Slow>
}

interface Slow {
  /** Lets the request continue, and resolves when it has its response. */
  readonly end: () => Promise<void>
}

type Change = (session: Record<string, unknown>) => void

async function serve (directory: string, options: StoreOptions): Promise<Server> {
  const app = Fastify()
  const waiting = new Map<string, { readonly change: Change, readonly isLoaded: () => void, readonly released: Promise<void> }>()
  let count = 0
  const store = new FileStore(directory, { pruneInterval: 0, ...options })
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false, maxAge: 60_000 }, store })
  app.addHook('onClose', () => store.close())
  app.get('/login', async ({ session }) => {
    await session.regenerate()
    return 'in'
  })
  app.get('/logout', async ({ session }) => {
    await session.destroy()
    return 'out'
  })
  app.get('/regenerate', async ({ session }) => {
    await session.regenerate()
    return 'again'
  })
  app.get('/seen', async ({ session }) => ({ ...session, cookie: undefined }))
  app.get('/cookie', async ({ session }) => ({ cookie: session.cookie }))
  app.get<{ Params: { number: string } }>('/slow/:number', async ({ session, params }) => {
    const { change, isLoaded, released } = waiting.get(params.number)!
    isLoaded()
    await released
    change(session as never)
    return 'slow'
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    app,
    address,
    async slow (cookie, change) {
      const number = String(count++)
      let release = () => {}
      const released = new Promise<void>(resolve => { release = resolve })
      let response: Promise<unknown> = Promise.resolve()
      await new Promise<void>((resolve, reject) => {
        waiting.set(number, { change, isLoaded: resolve, released })
        response = ask(address, `/slow/${number}`, cookie)
        response.catch(reject)
      })
      return {
        async end () {
          release()
          await response
        }
      }
    }
  }
}

/** The text of a response, and the cookie that it sets. */
async function ask (address: string, path: string, cookie = ''): Promise<{ text: string, cookie: string }> {
  const response = await fetch(address + path, { headers: { cookie } })
  assert.is(response.status, 200, path)
  return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] ?? cookie }
}

async function seen (address: string, cookie: string): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(address, '/seen', cookie)).text)
}

async function cookieSeen (address: string, cookie: string): Promise<{ cookie: { originalMaxAge: number, path: string } }> {
  return JSON.parse((await ask(address, '/cookie', cookie)).text)
}

/** Mulberry32: the same numbers for the same seed. */
function random (seed: number): () => number {
  return () => {
    seed = seed + 0x6D2B79F5 | 0
    let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

function shuffled<T> (things: readonly T[], next: () => number): T[] {
  return things.map(thing => [next(), thing] as const).sort(([one], [other]) => one - other).map(([, thing]) => thing)
}

const times = 5
const secret = 'k'.repeat(32)
const ways: ReadonlyArray<readonly [string, StoreOptions]> = [
  ['auto', {}],
  ['async', { io: 'async' }],
  ['no cache', { cacheSize: 0 }],
  ['encrypted', { secret }],
  ['async, no cache, encrypted', { io: 'async', cacheSize: 0, secret }],
  ['acknowledged in memory', { acknowledge: 'memory' }]
]

for (const [way, options] of ways) {
  for (const where of ['one store', 'two stores'] as const) {
    if (where === 'two stores' && options.acknowledge === 'memory') continue

    /** Two addresses of the application: of two stores on the directory, as two processes have them, or of one. */
    const onServers = (scenario: (one: Server, other: Server, directory: string, next: () => number) => Promise<void>) =>
      async ({ directory }: { directory: string }) => {
        const one = await serve(directory, options)
        const other = where === 'one store' ? one : await serve(directory, options)
        const seed = Math.floor(Math.random() * 2 ** 31)
        try {
          for (let time = 0; time < times; time++) await scenario(one, other, directory, random(seed + time))
        } catch (error) {
          console.error(`seed ${seed}`)
          throw error
        } finally {
          await one.app.close()
          if (other !== one) await other.app.close()
        }
      }

    test(`(${way}, ${where}) do not undo a logout`, onServers(async (one, other, _directory, next) => {
      const { cookie } = await ask(one.address, '/login')
      const user = await one.slow(cookie, session => { session['user'] = 'ada' })
      await user.end()
      const slow = await Promise.all(Array.from({ length: 4 }, (_, index) =>
        one.slow(cookie, session => { session[`key${index}`] = next() })))
      const [first, ...others] = shuffled(slow, next)
      await first!.end()
      assert.is((await seen(other.address, cookie))['user'], 'ada')
      await ask(other.address, '/logout', cookie)
      for (const { end } of others) await end()
      assert.equal([await seen(one.address, cookie), await seen(other.address, cookie)], [{}, {}])
    }))

    test(`(${way}, ${where}) do not bring back an id that was replaced by regenerate`, onServers(async (one, other) => {
      const { cookie } = await ask(one.address, '/login')
      const slow = await one.slow(cookie, session => { session['user'] = 'ada' })
      const { cookie: renewed } = await ask(other.address, '/regenerate', cookie)
      await slow.end()
      assert.not.equal(renewed, cookie)
      assert.equal([await seen(one.address, cookie), await seen(other.address, renewed)], [{}, {}])
    }))

    test(`(${way}, ${where}) keep what each of ten has changed and removed`, onServers(async (one, other, _directory, next) => {
      const { cookie } = await ask(one.address, '/login')
      const numbers = Array.from({ length: 10 }, (_, index) => index)
      const first = await one.slow(cookie, session => { for (const number of numbers) session[`old${number}`] = number })
      await first.end()
      const slow = await Promise.all(numbers.map(number => (number % 2 === 0 ? one : other).slow(cookie, session => {
        session[`new${number}`] = number
        delete session[`old${number}`]
      })))
      // Within one store they may overlap; between two there is a window of microseconds.
      if (one === other) await Promise.all(shuffled(slow, next).map(({ end }) => end()))
      else for (const { end } of shuffled(slow, next)) await end()
      assert.equal(await seen(one.address, cookie), Object.fromEntries(numbers.map(number => [`new${number}`, number])))
    }))

    test(`(${way}, ${where}) keep "remember me" and a new path, both fields of the cookie`, onServers(async (one, other, _directory, next) => {
      const { cookie } = await ask(one.address, '/login')
      const slow = await Promise.all([
        one.slow(cookie, session => { (session['cookie'] as { maxAge: number }).maxAge = 30 * 24 * 60 * 60 * 1000 }),
        other.slow(cookie, session => { (session['cookie'] as { path: string }).path = '/shop' }),
        other.slow(cookie, session => { session['user'] = 'ada' }),
        other.slow(cookie, () => {})
      ])
      for (const { end } of shuffled(slow, next)) await end()
      const { cookie: { originalMaxAge, path } } = (await cookieSeen(one.address, cookie))
      assert.equal([originalMaxAge, path, (await seen(other.address, cookie))['user']], [30 * 24 * 60 * 60 * 1000, '/shop', 'ada'])
    }))

    test(`(${way}, ${where}) keep changes of different keys, whatever the order`, onServers(async (one, other, _directory, next) => {
      const { cookie } = await ask(one.address, '/login')
      const begin = await one.slow(cookie, session => Object.assign(session, { cart: ['tea'], user: 'ada' }))
      await begin.end()
      const slow = await Promise.all([
        one.slow(cookie, session => { (session['cart'] as string[]).push('cup') }),
        other.slow(cookie, session => { session['user'] = 'eve' }),
        other.slow(cookie, () => {})
      ])
      for (const { end } of shuffled(slow, next)) await end()
      assert.equal(await seen(other.address, cookie), { cart: ['tea', 'cup'], user: 'eve' })
    }))
  }
}

test('replace each other\'s session when merging is off, and a logout is final nevertheless', async ({ directory }) => {
  const { app, address, slow } = await serve(directory, { merge: false })
  const { cookie } = await ask(address, '/login')
  const [first, second, third] = [
    await slow(cookie, session => { session['first'] = 1 }),
    await slow(cookie, session => { session['second'] = 2 }),
    await slow(cookie, session => { session['third'] = 3 })
  ]
  await first.end()
  await second.end()
  assert.equal(await seen(address, cookie), { second: 2 })
  await ask(address, '/logout', cookie)
  await third.end()
  assert.equal(await namesIn(directory), [])
  await app.close()
})

test.run()
