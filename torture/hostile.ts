import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { SessionError } from '../src/errors.ts'
import { FileStore, sessionFile, sessionId } from '../src/index.ts'
import { defaultTtl, expiresAt, type StoredSession } from '../src/expiry.ts'
import type { StoreOptions } from '../src/options.ts'
import { freshDirectory, namesIn, promised, rejection } from '../test/support.ts'
import { Random } from './random.ts'
import { ensure, timesOf, type Effort, type Trial } from './trial.ts'

const run = promisify(execFile)

const secret = 'k'.repeat(32)

const ways: ReadonlyArray<readonly [name: string, options: StoreOptions]> = [
  ['auto', { io: 'auto' }],
  ['async, no cache', { io: 'async', cacheSize: 0 }],
  ['sealed', { secret }]
]

type Story = (directory: string) => Promise<number>

/** What nobody should send to a store, put into its directory or hand it. */
export function hostileTrials (effort: Effort): Trial[] {
  const { seed } = effort
  return [
    on('takes any id', directory => anyId(directory, timesOf(50_000, effort), seed)),
    ...ways.flatMap(([way, options]) => [
      on(`keeps odd ids apart (${way})`, directory => oddIds(directory, options)),
      on(`reads broken sessions (${way})`, directory => broken(directory, { options, often: timesOf(10_000, effort), seed })),
      on(`reads what is no session (${way})`, directory => nothings(directory, options)),
      on(`meets what is no file (${way})`, directory => strangers(directory, options)),
      on(`is handed what cannot be JSON (${way})`, directory => unwritable(directory, options)),
      on(`is handed sessions of any depth (${way})`, directory => deep(directory, options, effort.share < 0.02 ? 1.5 : 1.15))
    ])
  ]
}

function on (name: string, story: Story): Trial {
  return {
    name,
    async run () {
      const directory = await freshDirectory()
      try {
        return await story(directory)
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    }
  }
}

/** A store, and the failures that it swallows. */
function storeOn (directory: string, options: StoreOptions) {
  const failures: SessionError[] = []
  const store = new FileStore(directory, { ...options, pruneInterval: 0, onFailure: failure => { failures.push(failure) } })
  const takeFailures = async () => {
    await turn()
    return failures.splice(0)
  }
  return { store, takeFailures, ...promised(store) }
}

async function anyId (directory: string, numRuns: number, seed: number): Promise<number> {
  const files = new Map<string, string>()
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constantFrom('..', '/', '\\', '%2e', '%', '\0', '.json', ':', '\uD800', 'CON', 'İ'))
  await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 5 }), async parts => {
    const id = parts.join('')
    const result = sessionFile(directory, id)
    if (result.isErr()) {
      ensure(id === '' || !id.isWellFormed() || encodeURIComponent(id).length * 3 > 250, `${JSON.stringify(id)} was refused`)
      return
    }
    const file = result.value
    ensure(dirname(file) === directory && /^[\w%-]+\.json$/.test(basename(file)), `${JSON.stringify(id)} is in ${file}`)
    ensure(sessionId(basename(file)) === id, `${JSON.stringify(id)} came back as ${sessionId(basename(file))}`)
    ensure((files.get(file) ?? id) === id, `${JSON.stringify(id)} shares ${file}`)
    files.set(file, id)
  }), { numRuns, seed })
  return numRuns
}

const odd = [
  '..', '.', '../x', '..\\x', '/etc/passwd', 'C:\\x', 'a/b', 'a\\b', 'a\0b', '\0', '\n', '\r', '\t', ' ', '  ', 'a ', 'a.', '.a', '~', '%', '%2e', '%2E', '%2F', '%00',
  'constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'CON', 'con', 'NUL', 'AUX', 'COM1', 'LPT1', 'con.json', 'a:b', 'a*b', 'a?b', 'a"b', 'a<b>', 'a|b',
  'é', 'e\u0301', 'ﬁ', 'fi', 'a\u200Db', 'ab', '\u202Eab', '\uFEFFa', 'а', 'İ', 'ı', 'ß', 'ẞ', '👩‍💻', '👩', '👩‍', '𝒂', 'Ａ', '.tmp', '.pruned', 'a.json', 'a.json.json',
  'x'.repeat(250), '中'.repeat(27), '$(id)', '`id`', '-rf', '--', '{}', '[]', '=', '&', ';'
]
const refused = ['', '\uD800', 'a\uDC00', 'x'.repeat(251), '中'.repeat(28), '\0'.repeat(84), undefined, null, 5, {}, [], ['a'], Symbol('a'), { toString: () => 'a' }, Object('a')]

async function oddIds (place: string, options: StoreOptions): Promise<number> {
  const directory = join(place, 'sessions')
  const { store, get, set, destroy, takeFailures } = storeOn(directory, options)
  await Promise.all(odd.map((id, number) => set(id, { number })))
  for (const [number, id] of odd.entries()) ensure((await get(id))?.number === number, `${JSON.stringify(id)} is not what it was set to`)
  const ids = []
  for await (const listed of store.list()) ids.push(listed.id)
  ensure(ids.sort().join() === [...odd].sort().join(), 'the list is of other ids')
  for (const id of refused) {
    const type = (await rejection(set(id as string, { number: 0 }))).cause?.type
    ensure(type === 'invalid-id', `${String(id)}: ${type}`)
    ensure((await rejection(destroy(id as string))).cause?.type === 'invalid-id', `${String(id)} can be destroyed`)
    ensure(await get(id as string) === null, `${String(id)} is a session`)
    ensure((await takeFailures()).map(({ type }) => type).join() === 'invalid-id', `${String(id)} was not seen`)
  }
  ensure((await namesIn(place)).join() === 'sessions' && (await namesIn(directory)).length === odd.length, 'there are other files')
  await Promise.all(odd.map(id => destroy(id)))
  ensure((await namesIn(directory)).length === 0, 'some are left')
  return odd.length + refused.length
}

const real = {
  cookie: { path: '/', httpOnly: true, secure: true, sameSite: 'lax', expires: new Date(4e12), originalMaxAge: 1e12, originalExpires: new Date(4e12) },
  user: { name: 'Zoë "Ada" \\ 👩‍💻', roles: ['admin', 'user'], id: 12345.678e-5 },
  cart: [{ item: 'ünï', count: 3 }, null, true, false, -0.5],
  csrf: 'p'.repeat(64)
}

// The four keys of a sealed session, of which one may be damaged.
function isEnvelope (session: object | string): boolean {
  const names = Object.keys(session)
  return names.length === 4 && ['sealed', 'key', 'nonce', 'text'].filter(name => names.includes(name)).length >= 3
}

function sameButCookie (one: object, other: object): boolean {
  return JSON.stringify({ ...one, cookie: 0 }) === JSON.stringify({ ...other, cookie: 0 })
}

// What a mutation likes to put into JSON.
const pieces = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', '.', ' ', '\n', '\0', '\uFEFF', '\\u0000', '"__proto__":', '"constructor":{"prototype":1},', '1e999', 'null', 'NaN', '"sealed":1,']

async function broken (directory: string, { options, often, seed }: { readonly options: StoreOptions, readonly often: number, readonly seed: number }): Promise<number> {
  const random = new Random(seed)
  const { store, get, set, takeFailures } = storeOn(directory, options)
  await set('a', real)
  const file = store.sessionFile('a')
  const whole = await readFile(file)
  for (let time = 0; time < often; time++) {
    const bytes = mutated(whole, random)
    await writeFile(file, bytes)
    const session = await get('a')
    const failures = await takeFailures()
    const shown = () => `${JSON.stringify(bytes.toString('latin1'))} gave ${JSON.stringify(session)} and ${failures.length} failures`
    ensure(Buffer.compare(await readFile(file), bytes) === 0, 'a file was changed by reading it')
    const verdict = verdictOn(bytes)
    if (verdict === 'none') {
      ensure(session === null && failures.length === 1, shown)
    } else if (isEnvelope(verdict)) {
      ensure(session === null ? failures.length === 1 : session.csrf === real.csrf && session.cart.length === 5, shown)
    } else if (verdict !== 'over') {
      ensure(session !== null && failures.length === 0 && sameButCookie(session, verdict), shown)
    }
    ensure(({} as { admin?: unknown }).admin === undefined, 'Object.prototype was changed')
    if (time % 100 === 0) {
      for await (const { id } of store.list()) ensure(id === 'a', 'another is listed')
      await store.prune()
      await set('a', real)
      ensure((await get('a'))?.csrf === real.csrf, 'it is not well again')
      await takeFailures()
    }
  }
  return often
}

function mutated (whole: Buffer, random: Random): Buffer {
  let bytes = whole
  for (let time = 1 + random.below(3); time > 0; time--) {
    const from = random.below(bytes.length + 1)
    const to = from + random.below(bytes.length - from + 1)
    const parts: Array<Buffer | string> = random.pick([
      () => [bytes.subarray(0, from)],
      () => [bytes.subarray(from)],
      () => [bytes.subarray(0, from), Buffer.from([(bytes[from] ?? 0) ^ 1 << random.below(8)]), bytes.subarray(from + 1)],
      () => [bytes.subarray(0, from), Buffer.from([random.below(256)]), bytes.subarray(from)],
      () => [bytes.subarray(0, from), bytes.subarray(to)],
      () => [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(from, to), bytes.subarray(to)],
      () => [bytes.subarray(0, from), random.pick(pieces), bytes.subarray(from)],
      () => [bytes.subarray(0, from), Buffer.alloc(to - from), bytes.subarray(to)]
    ])()
    bytes = Buffer.concat(parts.map(part => Buffer.from(part)))
  }
  return bytes
}

/** What a file should be taken for: a session, or a reason to have none. By other means than the store's own. */
function verdictOn (bytes: Buffer): Record<string, unknown> | 'over' | 'none' {
  try {
    // Without a byte order mark, as everywhere.
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value !== 'object' || value === null || Array.isArray(value) || isPoisoned(value)) return 'none'
    return expiresAt(value as StoredSession, Date.now(), defaultTtl) < Date.now() + 10_000 ? 'over' : value as Record<string, unknown>
  } catch {
    return 'none'
  }
}

function isPoisoned (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Object.hasOwn(value, '__proto__')) return true
  if (Object.hasOwn(value, 'constructor') && typeof value.constructor === 'object' && value.constructor !== null && Object.hasOwn(value.constructor, 'prototype')) return true
  return Object.values(value).some(isPoisoned)
}

async function nothings (directory: string, options: StoreOptions): Promise<number> {
  const { store, get, set, takeFailures } = storeOn(directory, options)
  const large = 'x'.repeat(5_000_000)
  const texts: ReadonlyArray<readonly [text: string | Buffer, isSession: boolean]> = [
    ['', false], [' ', false], ['\0', false], ['\0'.repeat(4096), false], ['5', false], ['null', false], ['true', false], ['"a"', false], ['[]', false], ['[{}]', false],
    ['{', false], ['{}{}', false], ["{'a':1}", false], ['{"a":1,}', false], ['{"a":NaN}', false], ['{"a":1}\0', false],
    [Buffer.from([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]), false], [Buffer.from('{"a":"é"}', 'latin1'), false], [Buffer.from('{"a":1}', 'utf16le'), false],
    [Buffer.from([0x7B, 0x22, 0x61, 0x22, 0x3A, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x7D]), false],
    ['{"__proto__":{"admin":true}}', false], ['{"a":{"__proto__":{"admin":true}}}', false], ['{"\\u005f\\u005fproto__":{"admin":true}}', false],
    ['{"constructor":{"prototype":{"admin":true}}}', false], ['{"a":[{"constructor":{"prototype":{"admin":true}}}]}', false],
    ['['.repeat(100_000), false], ['{"a":'.repeat(100_000), false], ['['.repeat(100_000) + ']'.repeat(100_000), false], [large, false], [`"${large}"`, false],
    ['{}', true], [' {} ', true], ['\uFEFF{"a":1}', true], ['{"a":1e999}', true], ['{"a":-0}', true], [`{"a":${'9'.repeat(10_000)}}`, true], ['{"a":"\\uD800"}', true],
    [`{"a":"${large}"}`, true], ['{"constructor":1}', true], ['{"prototype":1,"toString":1,"hasOwnProperty":1}', true], ['{"a":1,"a":2}', true],
    ['{"toJSON":1,"then":1}', true], [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, true],
    ['{"cookie":null}', true], ['{"cookie":5}', true], ['{"cookie":[]}', true], ['{"cookie":{"originalMaxAge":"x","expires":"never"}}', true],
    ['{"cookie":{"originalMaxAge":1e300}}', true], ['{"cookie":{"originalMaxAge":{}}}', true], ['{"cookie":{"originalMaxAge":1e999,"expires":{}}}', true],
    [`{${Array.from({ length: 50_000 }, (_, number) => `"k${number}":${number}`).join()}}`, true]
  ]
  const file = store.sessionFile('a')
  for (const [text, isSession] of texts) {
    const shown = JSON.stringify(text.toString('latin1').slice(0, 60))
    await writeFile(file, text).catch(() => mkdir(directory, { recursive: true }))
    const session = await get('a')
    const failures = await takeFailures()
    ensure((session !== null) === isSession, `${shown} gave ${inspect(session, { depth: 0 }).slice(0, 60)}`)
    ensure(failures.length === (isSession ? 0 : 1), `${shown}: ${failures.length} failures were seen`)
    ensure((await stat(file)).size === Buffer.byteLength(text), `${shown} was changed by reading it`)
    for await (const { id } of store.list()) ensure(id === 'a' && isSession, `${shown} is listed`)
    await store.prune()
    ensure((await stat(file)).size === Buffer.byteLength(text), `${shown} was pruned`)
    // Handed back as the plugin does, and replaced by something else.
    if (session !== null) await set('a', { ...session, one: 1, [Symbol('options')]: { ...session.cookie } }).catch(() => {})
    await set('a', { number: 1 })
    ensure((await get('a'))?.number === 1, `${shown} could not be replaced`)
    await takeFailures()
  }
  ensure(({} as { admin?: unknown }).admin === undefined, 'Object.prototype was changed')
  return texts.length
}

async function strangers (place: string, options: StoreOptions): Promise<number> {
  const directory = join(place, 'sessions')
  const { store, get, set, destroy, takeFailures } = storeOn(directory, options)
  await set('real', { number: 1 })
  const old = 1_000_000_000
  await writeFile(join(place, 'outside.json'), '{"number":5}')
  await utimes(join(place, 'outside.json'), old, old)
  const at = (name: string) => join(directory, `${name}.json`)
  const server = createServer()
  await run('mkfifo', [at('fifo')])
  await mkdir(at('directory'))
  await symlink('/dev/zero', at('zero'))
  await symlink('/dev/tty', at('terminal'))
  await symlink(at('fifo'), at('to-fifo'))
  await symlink(at('loop'), at('loop'))
  await symlink(directory, at('to-directory'))
  server.listen(at('socket'))
  await once(server, 'listening')
  try {
    const ids = ['fifo', 'directory', 'zero', 'terminal', 'to-fifo', 'loop', 'to-directory', 'socket']
    // Links that lead nowhere, and to a file outside that nobody may change or remove.
    await symlink(join(place, 'nowhere'), at('nowhere'))
    await symlink(join(place, 'outside.json'), at('outside'))
    for (const id of ids) {
      ensure(await get(id) === null, `${id} is a session`)
      ensure((await takeFailures()).map(({ type }) => type).join() === 'read-failed', `${id} was not seen`)
    }
    ensure(await get('nowhere') === null && (await takeFailures()).length === 0, 'a link to nowhere is a session')
    const listed = []
    for await (const { id } of store.list({ expired: true })) listed.push(id)
    ensure(listed.join() === 'real', `${listed.join()} are listed`)
    const { looked, removed } = await store.prune()
    ensure(looked === 1 && removed === 0, `${looked} were looked at, ${removed} removed`)
    await new Promise<void>(resolve => store.clear(() => resolve()))
    const left = await namesIn(directory)
    ensure(left.length === ids.length + 2, `${left.join()} are left`)
    // A session takes the place of what is no directory, and leaves alone what a link led to.
    for (const id of [...ids.filter(id => id !== 'directory'), 'nowhere', 'outside']) {
      await set(id, { number: 2 })
      ensure((await get(id))?.number === 2, `${id} could not be set`)
      await destroy(id)
    }
    ensure((await rejection(set('directory', { number: 2 }))).cause?.type === 'write-failed', 'a directory was replaced')
    ensure((await rejection(destroy('directory'))).cause?.type === 'remove-failed', 'a directory was removed')
    ensure((await readFile(join(place, 'outside.json'), 'utf8')) === '{"number":5}', 'a file outside was changed')
    ensure((await namesIn(directory)).join() === 'directory.json', 'something else is left')
    return ids.length + 2
  } finally {
    server.close()
  }
}

async function unwritable (directory: string, options: StoreOptions): Promise<number> {
  const { store, get, set } = storeOn(directory, options)
  const cycle: Record<string, unknown> = {}
  cycle['a'] = { b: cycle }
  const thrower = () => { throw new Error('thrown by the session') }
  const sessions: unknown[] = [
    cycle, { a: 1n }, { toJSON: thrower }, { a: { toJSON: thrower } }, { cookie: { toJSON: thrower } }, { get a () { return thrower() } }, { get cookie () { return thrower() } },
    { toJSON: () => 5 }, { toJSON: () => undefined }, { toJSON: () => [] }, [], null, undefined, 5, 'a', true, () => {}, Symbol('a'),
    new Proxy({}, { ownKeys: thrower }), new Proxy({}, { get: thrower }), new Proxy({}, { getOwnPropertyDescriptor: thrower, ownKeys: () => ['a'] }),
    JSON.parse('{"__proto__":{"admin":true}}'), { a: JSON.parse('{"constructor":{"prototype":1}}') },
    { cookie: { originalMaxAge: 1000, expires: { toJSON: thrower } } }, { cookie: { get originalMaxAge () { return thrower() } } }, { toJSON: () => { throw null } } // eslint-disable-line no-throw-literal
  ]
  await set('a', { number: 1 })
  const file = store.sessionFile('a')
  const before = await readFile(file)
  for (const [number, session] of sessions.entries()) {
    const error = await rejection(set('a', session as object))
    ensure(error.cause?.type === 'not-serializable', `session ${number}: ${error.stack}`)
    ensure((await get('a'))?.number === 1, `session ${number} took the old one's place`)
    ensure((await rejection(set('b', session as object))).cause?.type === 'not-serializable' && await get('b') === null, `session ${number} made one`)
  }
  ensure(Buffer.compare(before, await readFile(file)) === 0, 'the file was changed')
  // One that is being written may call the store itself.
  await set('a', { toJSON: () => { store.set('a', { number: 2 } as never, () => {}); return { number: 3 } } })
  ensure((await get('a'))?.number === 3, 'the later one is not there')
  await store.close()
  ensure((await namesIn(directory)).join() === 'a.json', 'something else is left')
  return sessions.length + 1
}

// Neither the callback nor the process may be lost, however deep: what one part
// can still walk through may be too deep for the next.
async function deep (directory: string, options: StoreOptions, step: number): Promise<number> {
  const { get, set } = storeOn(directory, options)
  const load = async (id: string) => {
    const { cookie, ...fields } = await get(id)
    return { ...fields, cookie: { ...cookie }, [Symbol('options')]: { ...cookie } }
  }
  let count = 0
  for (let depth = 500; depth < 20_000; depth = Math.round(depth * step)) {
    const nested = (leaf: number) => JSON.parse('['.repeat(depth) + leaf + ']'.repeat(depth))
    const cookie = { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) }
    await set('a', { cookie, count })
    const isTooDeep = await set('a', { cookie, count, nested: nested(0) }).then(() => false, ({ cause }) => cause?.type === 'not-serializable')
    ensure((await get('a'))?.count === count, `at ${depth} there is no session`)
    if (!isTooDeep) {
      // Two requests at once, each with a change of its own.
      const [one, other] = [await load('a'), await load('a')]
      one.nested = nested(1)
      other.other = nested(2)
      // What fitted the stack once may not do so from a deeper place; then the caller is told, and the old session stays.
      const isSet = async (session: object) => await set('a', session).then(() => true, ({ cause }) => {
        ensure(cause?.cause instanceof RangeError, `at ${depth} it failed with ${cause?.cause}`)
        return false
      })
      await isSet(one)
      const isOtherSet = await isSet(other)
      const merged = await get('a')
      // Too deep to be compared, the first may count as changed by both; the second has nothing to do with that.
      ensure(merged.nested !== undefined && merged.count === count, `at ${depth} a session was lost`)
      ensure(!isOtherSet || merged.other !== undefined, `at ${depth} a change was lost`)
    }
    count++
  }
  return count
}
