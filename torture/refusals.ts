import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeCalls, type Calls } from '../src/calls.ts'
import type { SessionError } from '../src/errors.ts'
import { Disk, FileStore, readSession, removeSession, SessionCache, writeIfChanged } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'
import { failureOf, freshDirectory, namesIn, promised, rejection, valueOf } from '../test/support.ts'
import { ensure, timesOf, type Effort, type Trial } from './trial.ts'
import type { Orders, Round } from './refused.ts'

const run = promisify(execFile)

type Story = (directory: string) => Promise<number>

/** Disks that refuse, as far as anybody can make them: the rest is in `refusalTrialsOfRoot`. */
export function refusalTrials (effort: Effort): Trial[] {
  return [
    ...ways.flatMap(([way, options]) => [
      on(`finds its directory removed (${way})`, directory => removed(directory, options)),
      on(`finds its directory replaced (${way})`, directory => replaced(directory, options)),
      on(`finds a file in the place of its directory (${way})`, directory => hidden(directory, options)),
      on(`finds the name too long (${way})`, directory => tooLong(directory, options))
    ]),
    ...(['auto', 'async'] as const).flatMap(io => faults.map(fault =>
      on(`meets an I/O error in ${fault} (${io})`, directory => faulty(directory, fault, io)))),
    ...['EPERM', 'EACCES', 'EBUSY'].map(code => on(`is refused a rename for a moment (${code})`, directory => heldOpen(directory, code))),
    on('runs out of descriptors', directory => noDescriptors(directory, timesOf(10_000, effort)))
  ]
}

/** Disks that only root can make refuse: needs root, mounts and a user `nobody`. */
export function refusalTrialsOfRoot (): Trial[] {
  return ways.flatMap(([way, options]) => [
    on(`finds the disk full (${way})`, directory => mounted(directory, 'size=64k', () => full(directory, options))),
    on(`finds no room for another name (${way})`, directory => mounted(directory, 'nr_inodes=4', () => noNames(directory, options))),
    on(`finds the disk read-only (${way})`, directory => mounted(directory, 'size=1m', () => readOnly(directory, options))),
    ...(way === 'auto' ? [on('has no permission', noPermission)] : [])
  ])
}

const ways: ReadonlyArray<readonly [name: string, options: StoreOptions]> = [
  ['auto', { io: 'auto' }],
  ['async, no cache', { io: 'async', cacheSize: 0 }],
  ['durable, sealed', { durable: true, secret: 'k'.repeat(32) }]
]

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

/** A store, and the types of the failures that it swallows. */
function storeOn (directory: string, options: StoreOptions) {
  const seen: string[] = []
  const store = new FileStore(directory, { ...options, pruneInterval: 0, onFailure: ({ type }: SessionError) => { seen.push(type) } })
  const takeSeen = async () => {
    await turn()
    return seen.splice(0).join()
  }
  return { store, takeSeen, ...promised(store) }
}

type Store = ReturnType<typeof storeOn>

async function gives (store: Store, id: string, number: number | null, failure = ''): Promise<void> {
  const session = await store.get(id)
  ensure((session?.number ?? null) === number, `${id} is ${JSON.stringify(session)}, expected ${number}`)
  const seen = await store.takeSeen()
  ensure(seen === failure, `saw ${seen}, expected ${failure}`)
}

/** Fails unless `promise` rejects as a callback's error should: clearly, and not so that the plugin takes it for "no session". */
async function refused (promise: Promise<unknown>, type: string, ...codes: string[]): Promise<void> {
  const error = await rejection(promise)
  const { cause } = error
  ensure(cause?.type === type && (codes.length === 0 || codes.includes(cause.cause?.code)), `it failed with ${error.stack}`)
  ensure(!('code' in error) && error.message.length > 20, `it says ${error.message}`)
}

async function holds (directory: string, ...names: string[]): Promise<void> {
  const found = await namesIn(directory)
  ensure(found.join() === names.sort().join(), `there is ${found.join()}, expected ${names.join()}`)
}

/** What a store must do when everything is well again. */
async function isWell (store: Store): Promise<void> {
  await store.set('well', { number: 7 })
  await gives(store, 'well', 7)
  await store.set('well', { number: 8 })
  await gives(store, 'well', 8)
  await store.destroy('well')
  await gives(store, 'well', null)
}

const large = 'x'.repeat(100_000)

async function full (directory: string, options: StoreOptions): Promise<number> {
  const store = storeOn(directory, options)
  await store.set('a', { number: 1 })
  await store.set('b', { number: 1 })
  // One that does not fit at all, and then not even a small one.
  await refused(store.set('a', { number: 2, large }), 'write-failed', 'ENOSPC')
  await holds(directory, 'a.json', 'b.json')
  const filler = join(directory, '.filler')
  await writeFile(filler, large).catch(() => {})
  await refused(store.set('a', { number: 2 }), 'write-failed', 'ENOSPC')
  await refused(store.set('c', { number: 2 }), 'write-failed', 'ENOSPC')
  await holds(directory, '.filler', 'a.json', 'b.json')
  await gives(store, 'a', 1)
  await gives(store, 'c', null)
  // What takes no room goes on.
  await store.set('a', { number: 1 })
  await store.destroy('b')
  await gives(store, 'b', null)
  await rm(filler)
  await store.set('a', { number: 2 })
  await gives(store, 'a', 2)
  await isWell(store)
  await holds(directory, 'a.json')
  return 1
}

async function noNames (directory: string, options: StoreOptions): Promise<number> {
  const store = storeOn(directory, options)
  await store.set('a', { number: 1 })
  await writeFile(join(directory, '.one'), '')
  await writeFile(join(directory, '.two'), '')
  await refused(store.set('a', { number: 2 }), 'write-failed', 'ENOSPC')
  await refused(store.set('b', { number: 2 }), 'write-failed', 'ENOSPC')
  await gives(store, 'a', 1)
  await rm(join(directory, '.one'))
  await store.set('a', { number: 2 })
  await gives(store, 'a', 2)
  await writeFile(join(directory, '.one'), '')
  await refused(store.set('b', { number: 2 }), 'write-failed', 'ENOSPC')
  // What has expired makes room.
  await utimes(join(directory, 'a.json'), 1_000_000_000, 1_000_000_000)
  const { removed } = await store.store.prune()
  ensure(removed === 1, `it pruned ${removed} sessions`)
  await holds(directory, '.one', '.two')
  await store.set('b', { number: 2 })
  await gives(store, 'b', 2)
  await rm(join(directory, '.one'))
  await rm(join(directory, '.two'))
  await isWell(store)
  await holds(directory, 'b.json')
  return 1
}

async function readOnly (directory: string, options: StoreOptions): Promise<number> {
  const store = storeOn(directory, options)
  const session = { number: 1, cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) } }
  await store.set('a', session)
  await run('mount', ['-o', 'remount,ro', directory])
  const later = { ...session, cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_100) } }
  await refused(store.set('a', { number: 2 }), 'write-failed', 'EROFS')
  await refused(store.set('b', { number: 2 }), 'write-failed', 'EROFS')
  await turn()
  while (Date.now() < later.cookie.expires.getTime() - 60_000) await turn()
  await refused(store.set('a', later), 'write-failed', 'EROFS')
  await refused(store.destroy('a'), 'remove-failed', 'EROFS')
  await gives(store, 'a', 1)
  await gives(store, 'b', null)
  const { removed } = await store.store.prune()
  ensure(removed === 0, 'it pruned a read-only disk')
  await run('mount', ['-o', 'remount,rw', directory])
  await gives(store, 'a', 1)
  await store.set('a', { number: 2 })
  await gives(store, 'a', 2)
  await isWell(store)
  await holds(directory, 'a.json')
  return 1
}

async function mounted (directory: string, options: string, story: () => Promise<number>): Promise<number> {
  await run('mount', ['-t', 'tmpfs', '-o', `mode=0700,${options}`, 'tmpfs', directory])
  try {
    return await story()
  } finally {
    await run('umount', [directory])
  }
}

// As in the files of the operating system that have an owner and nobody.
const nobody = 65_534

async function noPermission (place: string): Promise<number> {
  await chmod(place, 0o755)
  const directory = join(place, 'sessions')
  await mkdir(directory, { mode: 0o755 })
  await writeFile(join(directory, 'a.json'), '{"number":41}', { mode: 0o600 })
  const orders = { directory, user: nobody, ids: ['a', 'b'], rounds: 2 }
  // The directory is to be looked at, and nothing else.
  for (const { set, get, seen } of await refusedProcess(orders)) {
    ensure(only(set, 'write-failed EACCES', 2), `set: ${JSON.stringify(set)}`)
    ensure(only(get, 'null', 2) && only(seen, 'read-failed', 1), `get: ${JSON.stringify({ get, seen })}`)
  }
  ensure(await readFile(join(directory, 'a.json'), 'utf8') === '{"number":41}', 'a session was lost')
  await holds(directory, 'a.json')
  // Not even to be looked at; absent and forbidden are two things.
  await chmod(directory, 0o700)
  for (const { set, get, destroy, seen } of await refusedProcess(orders)) {
    ensure(only(set, 'write-failed EACCES', 2), `set: ${JSON.stringify(set)}`)
    ensure(only(get, 'null', 2) && only(seen, 'read-failed', 2), `get: ${JSON.stringify({ get, seen })}`)
    ensure(Object.keys(destroy).length === 0 || only(destroy, 'remove-failed EACCES', 2), `destroy: ${JSON.stringify(destroy)}`)
  }
  await holds(directory, 'a.json')
  await chown(directory, nobody, nobody)
  const [first, second] = await refusedProcess(orders)
  ensure(only(first?.set, 'done', 2) && only(first?.get, '0', 2), `well again: ${JSON.stringify(first)}`)
  ensure(only(second?.set, 'done', 2) && only(second?.get, '1', 2) && only(second?.destroy, 'done', 2), `well again: ${JSON.stringify(second)}`)
  await holds(directory)
  return 3
}

async function noDescriptors (directory: string, often: number): Promise<number> {
  const ids = Array.from({ length: often }, (_, number) => `s${number}`)
  // All are in use (but for what Node itself gives back): writes say so, and nothing is left behind; then they are free again.
  const greedy = await refusedProcess({ directory, ids: ids.slice(0, 100), rounds: 2, isGreedy: true }, 128)
  const { done: spare = 0, 'write-failed EMFILE': refused = 0 } = greedy[0]?.set ?? {}
  ensure(refused > 50 && spare + refused === 100, `without descriptors: ${JSON.stringify(greedy[0])}`)
  ensure(only(greedy[1]?.set, 'done', 100) && only(greedy[1]?.get, '1', 100), `with descriptors again: ${JSON.stringify(greedy[1])}`)
  await holds(directory)
  // A hundred for ten thousand sessions at once.
  const [first, second] = await refusedProcess({ directory, ids, rounds: 2 }, 128)
  ensure(only(first?.set, 'done', often) && only(first?.get, '0', often), `at once: ${JSON.stringify(first)}`)
  ensure(only(second?.set, 'done', often) && only(second?.get, '1', often) && only(second?.destroy, 'done', often), `at once: ${JSON.stringify(second)}`)
  await holds(directory)
  // Fewer than are opened at once: some are told so, whoever is not has his session.
  const scarce = await refusedProcess({ directory, ids, rounds: 1 }, 48)
  const { done = 0, 'write-failed EMFILE': failed = 0 } = scarce[0]?.set ?? {}
  ensure(done + failed === often, `with few descriptors: ${JSON.stringify(scarce)}`)
  const written = await readdir(directory)
  ensure(written.length === done, `${done} were told that they are there, and ${written.length} are`)
  return often * 2
}

function only (counts: Record<string, number> | undefined, word: string, count: number): boolean {
  return counts !== undefined && Object.keys(counts).length === 1 && counts[word] === count
}

async function refusedProcess (orders: Orders, descriptors = 1024): Promise<Round[]> {
  const file = fileURLToPath(new URL('refused.ts', import.meta.url))
  const { FORCE_COLOR, ...env } = process.env
  const { stdout } = await run('/bin/sh', [
    '-c', `ulimit -n ${descriptors} && exec "$0" "$@"`, process.execPath, '--import', 'tsx', file, JSON.stringify(orders)
  ], { env, maxBuffer: 1e8 })
  return JSON.parse(stdout)
}

async function removed (place: string, options: StoreOptions): Promise<number> {
  const directory = join(place, 'sessions')
  const store = storeOn(directory, options)
  await store.set('a', { number: 1 })
  await gives(store, 'a', 1)
  await rm(directory, { recursive: true })
  await gives(store, 'a', null)
  await store.destroy('a')
  await store.set('a', { number: 1 })
  await gives(store, 'a', 1)
  const { mode } = await stat(directory)
  ensure((mode & 0o777) === 0o700, `the directory has the mode ${mode.toString(8)}`)
  // Under many changes at once.
  for (let round = 0; round < 10; round++) {
    const changes = Array.from({ length: 20 }, (_, number) => store.set(`s${number}`, { number: round }))
    await Promise.all([rm(directory, { recursive: true, force: true }).catch(() => {}), ...changes.map(change => change.catch(() => {}))])
  }
  await isWell(store)
  await store.set('a', { number: 2 })
  await gives(store, 'a', 2)
  return 11
}

async function replaced (place: string, options: StoreOptions): Promise<number> {
  const directory = join(place, 'sessions')
  const store = storeOn(directory, options)
  await store.set('a', { number: 1 })
  await store.set('b', { number: 1 })
  await gives(store, 'a', 1)
  await rename(directory, join(place, 'old'))
  await mkdir(directory)
  await writeFile(join(directory, 'a.json'), '{"number":2}')
  await gives(store, 'a', 2)
  await gives(store, 'b', null)
  await store.set('b', { number: 3 })
  await gives(store, 'b', 3)
  await isWell(store)
  await rename(directory, join(place, 'new'))
  await rename(join(place, 'old'), directory)
  await gives(store, 'a', 1)
  await gives(store, 'b', 1)
  await holds(directory, 'a.json', 'b.json')
  return 1
}

async function hidden (place: string, options: StoreOptions): Promise<number> {
  const directory = join(place, 'sessions')
  const store = storeOn(directory, options)
  await store.set('a', { number: 1 })
  await rename(directory, join(place, 'aside'))
  await writeFile(directory, 'a file')
  await gives(store, 'a', null)
  await refused(store.set('a', { number: 2 }), 'write-failed')
  ensure(await readFile(directory, 'utf8') === 'a file', 'a file was lost')
  await rm(directory)
  await rename(join(place, 'aside'), directory)
  await gives(store, 'a', 1)
  await isWell(store)
  await holds(directory, 'a.json')
  return 1
}

async function tooLong (directory: string, options: StoreOptions): Promise<number> {
  const store = storeOn(directory, options)
  for (const id of ['x'.repeat(251), 'é'.repeat(43), '.'.repeat(84)]) {
    await refused(store.set(id, { number: 1 }), 'invalid-id')
    await refused(store.destroy(id), 'invalid-id')
    await gives(store, id, null, 'invalid-id')
  }
  const longest = 'x'.repeat(250)
  await store.set(longest, { number: 1 })
  await gives(store, longest, 1)
  // Short enough for a name, too long for a path.
  const deep = storeOn(join(directory, ...Array.from({ length: 40 }, () => 'd'.repeat(120))), options)
  await refused(deep.set('a', { number: 1 }), 'write-failed', 'ENAMETOOLONG')
  await gives(deep, 'a', null, 'read-failed')
  await holds(directory, `${longest}.json`)
  await isWell(store)
  return 4
}

const faults = ['stat', 'read', 'touch', 'create', 'fill', 'rename', 'remove', 'flushDirectory', 'makeDirectory'] as const

// The functions, since only they can be given a disk.
async function faulty (place: string, fault: typeof faults[number], io: 'auto' | 'async'): Promise<number> {
  const directory = join(place, 'sessions')
  const file = join(directory, 'a.json')
  const state = { isBroken: false }
  const disk = new Disk(io, broken(state, fault))
  const at = Date.parse('2030-01-02T03:04:05.678Z')
  let now = at
  const options = { disk, durable: true, clock: () => now, cache: new SessionCache(fault === 'read' ? 0 : undefined) }
  const write = (session: object) => writeIfChanged(file, session, options)
  if (fault !== 'makeDirectory') valueOf(await write({ number: 1 }))
  state.isBroken = true
  const read = await readSession(file, options)
  if (fault === 'stat' || fault === 'read') ensure(failureOf(read).type === 'read-failed', 'an error was taken for an answer')
  else ensure(valueOf(read)?.['number'] === (fault === 'makeDirectory' ? undefined : 1), 'a session was lost')
  now += 1_000
  const touched = await write({ number: 1 })
  if (['touch', 'makeDirectory'].includes(fault)) ensure(failureOf(touched).type === 'write-failed', 'a touch was not')
  else if (fault !== 'stat' && fault !== 'read' && fault !== 'create') valueOf(touched)
  const written = await write({ number: 2 })
  const isWritten = ['read', 'remove', 'stat', 'touch'].includes(fault)
  if (isWritten) valueOf(written)
  else ensure(failureOf(written).type === 'write-failed' && failureOf(written).cause.code === 'EIO', 'a write was not')
  const removed = await removeSession(file, options)
  if (fault === 'remove' || fault === 'flushDirectory') ensure(failureOf(removed).type === 'remove-failed', 'a removal was not')
  else valueOf(removed)
  state.isBroken = false
  const names = fault === 'remove' ? ['a.json'] : []
  if (fault !== 'makeDirectory') await holds(directory, ...names)
  valueOf(await write({ number: 3 }))
  ensure(valueOf(await readSession(file, options))?.['number'] === 3, 'it is not well again')
  await holds(directory, 'a.json')
  return 1
}

function broken (state: { readonly isBroken: boolean }, fault: string): Calls {
  const refuse = () => { throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }) }
  const breaks = ([own, call]: [string, Function]) => [own, (...parameters: unknown[]) => {
    if (!state.isBroken || own.replace('Sync', '') !== fault) return call(...parameters)
    if (fault === 'fill') {
      // Halfway, so that the file is closed.
      const [descriptor, text, ...rest] = parameters as [number, string]
      const filled = call(descriptor, text.slice(0, 5), ...rest)
      return own === 'fill' ? filled.then(refuse) : refuse()
    }
    return own.endsWith('Sync') ? refuse() : Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))
  }]
  return Object.fromEntries(Object.entries(nodeCalls).map(breaks as never)) as Calls
}

async function heldOpen (directory: string, code: string): Promise<number> {
  const file = join(directory, 'a.json')
  let refusals = 0
  let isPatient = true
  let now = 0
  const calls: Calls = {
    ...nodeCalls,
    now: () => isPatient ? nodeCalls.now() : (now += 400),
    rename: async (from, to) => {
      if (refusals-- > 0) throw Object.assign(new Error(`${code}: held open`), { code })
      await nodeCalls.rename(from, to)
    }
  }
  const options = { disk: new Disk('async', calls) }
  valueOf(await writeIfChanged(file, { number: 1 }, options))
  refusals = 4
  valueOf(await writeIfChanged(file, { number: 2 }, options))
  ensure(valueOf(await readSession(file))?.['number'] === 2, 'it was not tried again')
  // Held open for good: a second is enough.
  refusals = Infinity
  isPatient = false
  const failure = failureOf(await writeIfChanged(file, { number: 3 }, options))
  ensure(failure.type === 'write-failed' && failure.cause.code === code, `it failed with ${JSON.stringify(failure)}`)
  ensure(valueOf(await readSession(file))?.['number'] === 2, 'the old session was lost')
  await holds(directory, 'a.json')
  refusals = 0
  valueOf(await writeIfChanged(file, { number: 3 }, options))
  await holds(directory, 'a.json')
  return 3
}
