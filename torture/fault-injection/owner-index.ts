import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FileStore, StoreError, StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { agePointers } from '../aged-pointers.ts'
import { withFailingCalls } from '../failing-calls.ts'
import { indexOf, marksIn, ownersIn, pointersIn } from '../index-files.ts'
import { expectExactListing, idsOf, openOwnedStore } from '../owner-listing.ts'
import { asPluginSession } from '../plugin-session.ts'
import { ensure } from '../trial.ts'
import type { User } from '../user-of.ts'

/** Which calls fail, by a word for them. */
export const indexFaults: Readonly<Record<string, readonly string[]>> = {
  stat: ['stat'],
  read: ['read'],
  setTimes: ['setTimes'],
  openNew: ['openNew'],
  fill: ['fill'],
  remove: ['remove'],
  makeDirectory: ['makeDirectory'],
  removeDirectory: ['removeDirectory'],
  openDirectory: ['openDirectory'],
  'every change': ['setTimes', 'openNew', 'fill', 'remove', 'makeDirectory', 'removeDirectory'],
  'every call': ['stat', 'read', 'setTimes', 'openNew', 'fill', 'remove', 'makeDirectory', 'removeDirectory', 'openDirectory']
}

/** The errors with which they fail. */
export const indexErrorCodes = ['EIO', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EMFILE']

const owners = ['ada', 'bob', 'cid']

interface IndexError {
  readonly codes: readonly string[]
  /** One of `indexFaults`. */
  readonly fault: string
  readonly io: 'auto' | 'async'
  /** Whether the calls fail for the files of the index alone, or for all. */
  readonly isIndexOnly: boolean
}

/**
 * Calls that the index of owners needs fail, with each error: every change of a session is made or fails, a list of the
 * sessions of an owner is complete or fails, and all is well after the next prune of a disk that works again.
 */
export async function indexError (root: string, { codes, fault, io, isIndexOnly }: IndexError): Promise<number> {
  let count = 0
  for (const code of codes) {
    for (const isComplete of [true, false]) {
      const directory = join(root, `${count++}`)
      await mkdir(directory)
      const state = { isFailing: false }
      const isRefused = (call: string, file: unknown) => state.isFailing && (indexFaults[fault] as readonly string[]).includes(call.replace('Sync', '')) &&
        (!isIndexOnly || String(file).startsWith(indexOf(directory)))
      await withFailingCalls((call, [file]) => isRefused(call, file) ? code : null, () => useIndex(directory, { state, options: { io }, isComplete }))
        .catch(cause => { throw new Error(`with ${code}, when the index was ${isComplete ? '' : 'not '}complete`, { cause }) })
    }
  }
  return count
}

// A session that is put in the directory by hand.
const unknown = 'unknown'

interface Use {
  readonly state: { isFailing: boolean }
  readonly options: StoreOptions
  readonly isComplete: boolean
}

async function useIndex (directory: string, { state, options, isComplete }: Use): Promise<void> {
  let reported: StoreError[] = []
  const open = () => openOwnedStore(directory, { ...options, onFailure: failure => { reported.push(failure) } })
  const store = open()
  const other = open()
  // The sessions of which failures of these types were reported.
  const reportedIds = async (...types: string[]) => {
    // The store reports in a turn of its own.
    await nextTurn()
    return new Set(reported.flatMap(failure => 'file' in failure && types.includes(failure.type) ? [basename(failure.file, '.json')] : []))
  }
  const expectLists = async (when: string) => {
    await expectTrueLists(store, directory, `the store${when}`, () => reportedIds('read-failed'))
    await expectTrueLists(other, directory, `another store${when}`, () => reportedIds('read-failed', 'index-failed'))
  }
  const { get, set, destroy } = promised(store)
  const before = { a: 'ada', b: 'bob', c: null, d: 'ada', e: 'bob', f: 'ada' }
  for (const [id, user] of Object.entries(before)) await set(id, session(user))
  if (isComplete) await store.prune()
  // Until a prune has read it, nobody knows whose it is.
  else await writeFile(store.sessionFile(unknown), JSON.stringify(session('ada')))
  const loaded = Object.fromEntries(await Promise.all(Object.keys(before).map(async id => [id, await get(id)])))
  const use = (id: string, user: string | null) => set(id, { ...asPluginSession(loaded[id], Date.now()), user: userNamed(user) })

  state.isFailing = true
  const changes: ReadonlyArray<readonly [id: string, owner: string | null, call: () => Promise<unknown>]> = [
    ['a', 'bob', () => use('a', 'bob')],
    ['b', null, () => use('b', null)],
    ['c', 'ada', () => use('c', 'ada')],
    ['d', null, () => destroy('d')],
    ['g', 'ada', () => set('g', session('ada'))],
    ['h', 'cid', () => set('h', session('cid'))]
  ]
  for (const [id, owner, call] of changes) await expectTrue(directory, { id, owner, call })
  await expectPointers(directory, await reportedIds('index-failed'))
  await expectLists('')
  await store.prune().catch(() => {})
  await expectLists(', after a prune,')
  await store.revokeOwner('ada').then(async () => {
    ensure(![...(await ownersOn(directory)).values()].includes('ada'), 'sessions of ada are left after all were ended')
  }, () => {})

  state.isFailing = false
  // From now on everything can be read.
  await nextTurn()
  reported = reported.filter(({ type }) => type === 'index-failed')
  await expectLists(', on a disk that works again,')
  await store.prune()
  ensure((await marksIn(directory)).length === 1, 'the index is not complete after a prune')
  await expectExactListing(store, owners, 'after a prune of a disk that works again')
  await expectExactListing(other, owners, 'after a prune of a disk that works again, for another store,')
  await store.revokeWhere(() => true)
  await expectNothingLeft(store, directory)
}

// A change of a session is made, or fails and nothing is changed.
async function expectTrue (directory: string, { id, owner, call }: { readonly id: string, readonly owner: string | null, readonly call: () => Promise<unknown> }): Promise<void> {
  const before = (await ownersOn(directory)).get(id) ?? null
  const error = await call().then(() => null, (error: unknown) => error)
  const after = (await ownersOn(directory)).get(id) ?? null
  ensure(after === (error === null ? owner : before), `${id} is ${after}'s, was ${before}'s, and was to be ${owner}'s: ${String(error ?? 'without an error')}`)
}

// Each session has its pointer, or it was reported that it has none.
async function expectPointers (directory: string, reported: ReadonlySet<string>): Promise<void> {
  const pointers = await pointersIn(directory)
  for (const [id, owner] of await ownersOn(directory)) {
    if (owner === null || id === unknown) continue
    const pointer = join(createHash('sha256').update(owner).digest('base64url'), id)
    ensure(pointers.includes(pointer) || reported.has(id), `there is no pointer from ${owner} to ${id}, and nobody was told`)
  }
}

// Each list has the sessions that are on the disk, except those of which a failure was reported, and no others, or it fails.
async function expectTrueLists (store: FileStore, directory: string, who: string, reportedIds: () => Promise<ReadonlySet<string>>): Promise<void> {
  const stored = await ownersOn(directory)
  for (const owner of owners) {
    const listed = await idsOf(store, owner).catch((error: unknown) => {
      if ((error as Error).cause === undefined) throw error
      return null
    })
    const expected = [...stored].filter(([, user]) => user === owner).map(([id]) => id).sort()
    const reported = await reportedIds()
    const isTrue = listed?.every(id => expected.includes(id)) && expected.every(id => listed.includes(id) || reported.has(id))
    ensure(listed === null || isTrue === true, `${who} lists [${listed?.join()}] as ${owner}'s, expected [${expected.join()}]`)
  }
}

async function expectNothingLeft (store: FileStore, directory: string): Promise<void> {
  const restore = agePointers()
  try {
    await store.prune()
    const left = await ownersIn(directory)
    ensure(left.length === 0, `after a prune without sessions there are ${left.length} directories of owners`)
  } finally {
    restore()
  }
}

// Whose the sessions are that the files hold, by their ids.
async function ownersOn (directory: string): Promise<Map<string, string | null>> {
  const stored = new Map<string, string | null>()
  for (const name of await readdir(directory)) {
    if (name.endsWith('.json')) stored.set(name.slice(0, -5), JSON.parse(await readFile(join(directory, name), 'utf8')).user?.name ?? null)
  }
  return stored
}

function session (user: string | null): object {
  return { cookie: { path: '/', originalMaxAge: 3_600_000 }, user: userNamed(user) }
}

function userNamed (name: string | null): User | null {
  return name === null ? null : { name }
}
