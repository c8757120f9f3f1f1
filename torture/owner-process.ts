import { writeSync } from 'node:fs'
import { FileStore } from '../src/index.ts'
import { asPluginSession } from './plugin-session.ts'
import { Random } from './random.ts'
import { userOf } from './user-of.ts'

/** What an owner process is told to do, as JSON in its first parameter. */
export interface OwnerOrders {
  readonly directory: string
  readonly seed: number
  /** JSON. */
  readonly options: object
  /** The sessions that it changes. */
  readonly ids: readonly string[]
  readonly owners: readonly string[]
  /** The owners whose sessions it may end. */
  readonly revoked: readonly string[]
}

// A process that changes sessions and their owners, several concurrently, as requests of an application do: until it is
// killed, which begins with its first line; or, with a channel, as many times as each message says.
const { directory, seed, options, ids, owners, revoked }: OwnerOrders = JSON.parse(process.argv[2] ?? '{}')
const store = new FileStore(directory, {
  ...options,
  owner: userOf,
  pruneInterval: 0,
  onFailure (failure) {
    // Here a new session may have the id of one that was loaded.
    if (failure.type === 'unsupported-plugin') return
    console.error(failure)
    process.exit(1)
  }
})
const random = new Random(seed)
let count = 0

function promised<T> (call: (callback: (error?: any, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => call((error, value) => error ? reject(error) : resolve(value)))
}

async function change (): Promise<void> {
  const id = random.pick(ids)
  const chance = random.next()
  if (chance < 0.55) await use(id)
  else if (chance < 0.7) await set(id, { cookie: { path: '/', originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000) }, ...userOrNone() })
  else if (chance < 0.8) await promised(callback => store.destroy(id, callback))
  else if (chance < 0.85 && revoked.length > 0) await store.revokeOwner(random.pick(revoked), { except: random.pick(ids) })
  else if (chance < 0.9) await store.prune()
  else await list(random.pick(owners))
}

// A request: it loads or makes its session, signs in as somebody, signs out, or does something else, and saves it.
// What it does else changes the field of the owner too: of two concurrent requests it may give the session back.
async function use (id: string): Promise<void> {
  const loaded = await promised<any>(callback => store.get(id, callback)) ?? { cookie: { path: '/', originalMaxAge: 3_600_000 } }
  const { user, ...session } = asPluginSession(loaded, Date.now())
  await set(id, { ...session, ...(random.next() < 0.7 ? userOrNone() : { count, ...(typeof user === 'object' && { user: { ...user, seen: count } }) }) })
}

async function set (id: string, session: object): Promise<void> {
  await promised(callback => store.set(id, session as never, callback))
}

function userOrNone (): Record<string, unknown> {
  return random.next() < 0.8 ? { user: { name: random.pick(owners) } } : {}
}

async function list (owner: string): Promise<void> {
  for await (const { id, session } of store.listOwner(owner)) {
    if (userOf(session) !== owner) throw new Error(`${id} is listed as ${owner}'s`)
  }
}

async function changeConcurrently (changes: number): Promise<void> {
  const end = count + changes
  const changeOneByOne = async () => { while (count++ < end) await change() }
  await Promise.all([changeOneByOne(), changeOneByOne(), changeOneByOne()])
}

if (process.send === undefined) {
  writeSync(1, 'ready\n')
  await changeConcurrently(Infinity)
}

process.on('message', (changes: number) => {
  void changeConcurrently(changes).then(() => process.send?.('done'))
})
