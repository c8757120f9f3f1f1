import Fastify, { type FastifyInstance } from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'
import { namesIn, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('Requests at once')

/** An application on a directory, whose slow requests end when they are told to. */
interface Server {
  readonly app: FastifyInstance
  readonly address: string
  /** Starts a request that loads its session, and changes it when it is let go on. */
  readonly slow: (cookie: string, change: Change) => Promise<Slow>
}

interface Slow {
  /** Lets the request go on, and resolves when it is answered. */
  readonly end: () => Promise<void>
}

type Change = (session: Record<string, unknown>) => void

async function serve (directory: string, options: StoreOptions): Promise<Server> {
  const app = Fastify()
  const waiting = new Map<string, { readonly change: Change, readonly isLoaded: () => void, readonly going: Promise<void> }>()
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
  app.get<{ Params: { number: string } }>('/slow/:number', async ({ session, params }) => {
    const { change, isLoaded, going } = waiting.get(params.number)!
    isLoaded()
    await going
    change(session as never)
    return 'slow'
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    app,
    address,
    async slow (cookie, change) {
      const number = String(count++)
      let go = () => {}
      const going = new Promise<void>(resolve => { go = resolve })
      let answer: Promise<unknown> = Promise.resolve()
      await new Promise<void>((resolve, reject) => {
        waiting.set(number, { change, isLoaded: resolve, going })
        answer = ask(address, `/slow/${number}`, cookie)
        answer.catch(reject)
      })
      return {
        async end () {
          go()
          await answer
        }
      }
    }
  }
}

/** What a server answers, and the cookie that it sets. */
async function ask (address: string, path: string, cookie = ''): Promise<{ text: string, cookie: string }> {
  const response = await fetch(address + path, { headers: { cookie } })
  assert.is(response.status, 200, path)
  return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] ?? cookie }
}

async function seen (address: string, cookie: string): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(address, '/seen', cookie)).text)
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
  ['sealed', { secret }],
  ['async, no cache, sealed', { io: 'async', cacheSize: 0, secret }],
  ['from memory', { acknowledge: 'memory' }]
]

for (const [way, options] of ways) {
  for (const where of ['one store', 'two stores'] as const) {
    if (where === 'two stores' && options.acknowledge === 'memory') continue

    /** Two addresses of the application: two stores on the directory, as two processes have, or one. */
    const onServers = (story: (one: Server, other: Server, directory: string, next: () => number) => Promise<void>) =>
      async ({ directory }: { directory: string }) => {
        const one = await serve(directory, options)
        const other = where === 'one store' ? one : await serve(directory, options)
        const seed = Math.floor(Math.random() * 2 ** 31)
        try {
          for (let time = 0; time < times; time++) await story(one, other, directory, random(seed + time))
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

    test(`(${way}, ${where}) do not bring back the id that was regenerated away`, onServers(async (one, other) => {
      const { cookie } = await ask(one.address, '/login')
      const slow = await one.slow(cookie, session => { session['user'] = 'ada' })
      const { cookie: renewed } = await ask(other.address, '/regenerate', cookie)
      await slow.end()
      assert.not.equal(renewed, cookie)
      assert.equal([await seen(one.address, cookie), await seen(other.address, renewed)], [{}, {}])
    }))

    test(`(${way}, ${where}) keep what each of ten changed and removed`, onServers(async (one, other, _directory, next) => {
      const { cookie } = await ask(one.address, '/login')
      const numbers = Array.from({ length: 10 }, (_, index) => index)
      const first = await one.slow(cookie, session => { for (const number of numbers) session[`old${number}`] = number })
      await first.end()
      const slow = await Promise.all(numbers.map(number => (number % 2 === 0 ? one : other).slow(cookie, session => {
        session[`new${number}`] = number
        delete session[`old${number}`]
      })))
      // One store keeps them apart however close they come; two stores, one after the other.
      if (one === other) await Promise.all(shuffled(slow, next).map(({ end }) => end()))
      else for (const { end } of shuffled(slow, next)) await end()
      assert.equal(await seen(one.address, cookie), Object.fromEntries(numbers.map(number => [`new${number}`, number])))
    }))

    test(`(${way}, ${where}) keep the cart and the user`, onServers(async (one, other, _directory, next) => {
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

test('have the last word on everything, later over earlier, when merging is off; a logout stays final', async ({ directory }) => {
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
