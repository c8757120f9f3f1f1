import { join } from 'node:path'
import { compileModules } from '../compile.ts'
import { ensure, type Progress } from '../trial.ts'
import { CartServer, type CartRequest, type CartResponse } from './cart-server.ts'

/** A body that a stranger sends. */
interface HostileBody {
  readonly name: string
  readonly request: CartRequest
  /** Whether the store may answer with 500 where the memory store keeps the value: the value cannot be in a session file. */
  readonly mayBeRefused?: boolean
}

// The documented bound is a few hundred levels.
const keptDepth = 200

const item = (json: string, type?: string): CartRequest => ({ path: '/cart', body: `{"item":${json}}`, ...(type !== undefined && { type }) })
const unguarded = (json: string) => item(json, 'application/unguarded+json')
const field = (key: string, json: string): CartRequest => ({ path: '/field', body: `{"key":${JSON.stringify(key)},"value":${json}}` })

const bodies: readonly HostileBody[] = [
  ...[10, 100, keptDepth, 255, 256, 300, 1_000, 2_000, 3_250, 5_000, 20_000, 100_000].flatMap(depth => [
    { name: `an array of ${depth} levels`, request: item('['.repeat(depth) + ']'.repeat(depth)), mayBeRefused: depth > keptDepth },
    { name: `objects of ${depth} levels`, request: item(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`), mayBeRefused: depth > keptDepth }
  ]),
  { name: '100,000 keys', request: item(`{${Array.from({ length: 100_000 }, (_, number) => `"k${number}":${number}`).join()}}`) },
  { name: '300,000 elements', request: item(`[${Array.from({ length: 300_000 }, (_, number) => number).join()}]`) },
  { name: '100,000 empty objects', request: item(`[${'{},'.repeat(100_000)}{}]`) },
  { name: 'a string of four million characters', request: item(`"${'x'.repeat(4_000_000)}"`) },
  { name: 'a string of a million quotes', request: item(`"${'\\"'.repeat(1_000_000)}"`) },
  { name: 'a string of a million backslashes', request: item(`"${'\\\\'.repeat(1_000_000)}"`) },
  { name: 'a string of brackets', request: item(`"${'['.repeat(100_000)}"`) },
  { name: 'a string of control characters', request: item(`"${'\\u0000'.repeat(100_000)}"`) },
  { name: 'a key of a million characters', request: item(`{"${'k'.repeat(1_000_000)}":1}`) },
  { name: 'an empty key', request: item('{"":{"":""}}') },
  { name: 'a lone high surrogate', request: item('"\\ud800"') },
  { name: 'a lone low surrogate', request: item('"a\\udfffb"') },
  { name: 'a lone surrogate as a key', request: item('{"\\ud800":1}') },
  { name: 'a surrogate pair in the wrong order', request: item('"\\udc00\\ud800"') },
  { name: 'line separators', request: item('"\\u2028\\u2029\\ufeff"') },
  { name: 'invalid UTF-8', request: { path: '/cart', body: '{"item":"\uFFFD\u00C0"}' } },
  { name: 'a number out of range', request: item('1e999') },
  { name: 'a number below range', request: item('-1e999') },
  { name: 'a number of 100,000 digits', request: item('9'.repeat(100_000)) },
  { name: 'a number with 100,000 decimals', request: item(`0.${'3'.repeat(100_000)}`) },
  { name: 'a negative zero', request: item('-0') },
  { name: 'an unsafe integer', request: item('9007199254740993') },
  { name: 'a tiny number', request: item('5e-324') },
  { name: 'repeated keys', request: item('{"a":1,"a":2,"a":{"b":1}}') },
  { name: '__proto__, guarded', request: item('{"__proto__":{"admin":true}}') },
  { name: '__proto__', request: unguarded('{"__proto__":{"admin":true}}'), mayBeRefused: true },
  { name: '__proto__, escaped', request: unguarded('{"\\u005f_proto__":{"admin":true}}'), mayBeRefused: true },
  { name: 'constructor.prototype', request: unguarded('{"constructor":{"prototype":{"admin":true}}}'), mayBeRefused: true },
  { name: 'the word __proto__', request: item('"__proto__ and constructor"') },
  { name: 'toJSON and then', request: item('{"toJSON":1,"then":1,"valueOf":1,"toString":1,"hasOwnProperty":1}') },
  { name: 'what looks like an encrypted session', request: item('{"sealed":1,"key":"a","nonce":"b","text":"c"}') },
  ...['toJSON', 'then', 'length', 'key', 'nonce', 'text', 'constructor', 'hasOwnProperty', 'fixedExpiry', 'originalMaxAge', ''].map(key =>
    ({ name: `a field named ${JSON.stringify(key)}`, request: field(key, '{"a":1}') }))
]

// In milliseconds. A thousand times what such a request takes.
const longestRequest = 10_000

/**
 * Sends hostile bodies to two servers side by side, one with the store and one
 * with the memory store: the responses are the same, except that what cannot be
 * in a session file may be refused, and the process lives. Then another process
 * on the same directory reads all these sessions.
 */
export async function requestBodies (root: string, { options, progress }: { readonly options: object, readonly progress: Progress }): Promise<number> {
  const modules = await compileModules(['hostile-input/cart-process'])
  const file = modules.file('hostile-input/cart-process')
  const parameters = [join(root, 'sessions'), JSON.stringify(options)]
  const servers: CartServer[] = []
  const start = async (...parameters: string[]) => {
    const server = await CartServer.start(file, ...parameters)
    servers.push(server)
    return server
  }
  try {
    const [store, memory] = [await start(...parameters), await start()]
    const kept = new Map<string, { readonly cookie: string, readonly cart: string }>()
    for (const [number, body] of bodies.entries()) {
      const session = await send(body, store, memory)
      if (session !== null) kept.set(body.name, session)
      progress((number + 1) / bodies.length * 0.7)
    }
    await store.stop()
    for (const io of ['auto', 'async']) {
      const restarted = await start(parameters[0] as string, JSON.stringify({ ...options, io }))
      for (const [name, { cookie, cart }] of kept) {
        const response = await restarted.request({ path: '/cart', cookie })
        ensure(response?.status === 200 && response.body === cart, `${name}, read by another process (${io}): ${describe(response)}\n${restarted.errors}`)
      }
    }
    return bodies.length
  } finally {
    await Promise.all(servers.map(server => server.stop()))
    await modules.remove()
  }
}

// The cookie of the session and its cart afterwards; `null` where nothing was kept.
async function send ({ name, request, mayBeRefused = false }: HostileBody, store: CartServer, memory: CartServer): Promise<{ cookie: string, cart: string } | null> {
  const begun = performance.now()
  // The second body of each session: the first one makes it.
  const [mine, theirs] = await Promise.all([store, memory].map(server => sendTo(server, request)))
  const took = performance.now() - begun
  ensure(store.isAlive && mine !== undefined, `${name} has ended the process:\n${store.errors}`)
  ensure(took < longestRequest, `${name} took ${Math.round(took)} ms`)
  const alive = await store.request({ path: '/alive' })
  ensure(alive?.body === '{"isPolluted":false}', `${name}: ${describe(alive)}`)
  if (mayBeRefused && mine.changed?.status === 500) {
    ensure(mine.cart?.body === '{"cart":["first"]}', `${name} was refused, and then the session is ${describe(mine.cart)}`)
    return null
  }
  ensure(mine.changed?.status === theirs?.changed?.status && mine.changed?.body === theirs?.changed?.body,
    `${name}: ${describe(mine.changed)} with the store, ${describe(theirs?.changed ?? null)} with the memory store`)
  ensure(mine.cart?.status === theirs?.cart?.status && mine.cart?.body === theirs?.cart?.body,
    `${name}: the cart is ${describe(mine.cart)} with the store, ${describe(theirs?.cart ?? null)} with the memory store`)
  return { cookie: mine.cookie, cart: mine.cart?.body ?? '' }
}

async function sendTo (server: CartServer, request: CartRequest): Promise<{ cookie: string, changed: CartResponse, cart: CartResponse }> {
  const first = await server.request(item('"first"'))
  const cookie = first?.cookie ?? ''
  const changed = await server.request({ ...request, cookie })
  return { cookie, changed, cart: await server.request({ path: '/cart', cookie }) }
}

function describe (response: CartResponse): string {
  return response === null ? 'no response' : `${response.status} ${response.body.slice(0, 200)}`
}
