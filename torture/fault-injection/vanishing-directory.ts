import { rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileStore, StoreError, StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { withFailingCalls } from '../failing-calls.ts'
import { indexOf, ownersIn } from '../index-files.ts'
import { expectExactListing, idsOf, openOwnedStore } from '../owner-listing.ts'
import { ensure } from '../trial.ts'

type Use = (store: FileStore) => Promise<unknown>

const session = (number: number) => ({ user: { name: 'ada' }, number, cookie: { path: '/', originalMaxAge: 3_600_000 } })

const uses: Readonly<Record<string, Use>> = {
  'set of a new session': store => promised(store).set('new', session(1)),
  'set of a changed session': store => promised(store).set('a', session(2)),
  'set of an unchanged session': store => promised(store).set('a', session(1)),
  get: store => promised(store).get('a'),
  destroy: store => promised(store).destroy('a'),
  list: async store => { for await (const { id } of store.list()) ensure(id === 'a' || id === 'b', `${id} is listed`) },
  listOwner: store => idsOf(store, 'ada'),
  revokeOwner: store => store.revokeOwner('ada'),
  revokeWhere: store => store.revokeWhere(() => true),
  prune: store => store.prune()
}

/** What another process removes, by a word for it: paths, which need not be there. */
export const removals: Readonly<Record<string, (directory: string) => Promise<readonly string[]>>> = {
  'the directory': async directory => [directory],
  'the index': async directory => [indexOf(directory)],
  'the pointers of all owners': async directory => (await ownersIn(directory)).map(name => join(indexOf(directory), name))
}

/**
 * Another process removes a directory before a call to the file system: before each one that each use of a store makes.
 * No use fails, nothing is reported, and the store and its index work afterwards.
 */
export async function vanishingDirectory (root: string, { options, removed }: { readonly options: StoreOptions, readonly removed: string }): Promise<number> {
  let count = 0
  for (const [name, use] of Object.entries(uses)) {
    for (const isThere of [true, false]) {
      for (let at = 0, isMet = true; isMet; at++) {
        const directory = join(root, `${count++}`)
        isMet = await useWhileRemoved(directory, { use, options, removed, isThere, at })
          .catch(cause => { throw new Error(`${name}, with ${removed} removed ${isThere ? '' : 'first and '}before call ${at}`, { cause }) })
        await rm(directory, { recursive: true, force: true })
      }
    }
  }
  return count
}

interface Removal {
  readonly use: Use
  readonly options: StoreOptions
  /** One of `removals`. */
  readonly removed: string
  /** Whether it is there when the use begins, which may make it. */
  readonly isThere: boolean
  /** Before which call of the use it is removed. */
  readonly at: number
}

// Whether the use made that many calls.
async function useWhileRemoved (directory: string, { use, options, removed, isThere, at }: Removal): Promise<boolean> {
  const failures: StoreError[] = []
  const store = openOwnedStore(directory, { ...options, onFailure: failure => { failures.push(failure) } })
  await promised(store).set('a', session(1))
  await promised(store).set('b', session(1))
  await store.prune()
  const paths = await removals[removed]!(directory)
  const remove = () => { for (const path of paths) rmSync(path, { recursive: true, force: true }) }
  if (!isThere) remove()
  let calls = 0
  const removeBefore = () => {
    if (calls++ === at) remove()
    return null
  }
  await withFailingCalls((call: string) => call === 'now' ? null : removeBefore(), () => use(store))
  await promised(store).set('c', session(1))
  ensure((await promised(store).get('c'))?.number === 1, 'it does not work again')
  await store.prune()
  await expectExactListing(store, ['ada'], 'after the next prune')
  await store.close()
  ensure(failures.length === 0, `${failures.map(({ type }) => type).join()} was reported`)
  ensure((await readdir(directory)).every(name => !name.endsWith('.tmp')), 'a temporary file was left')
  return calls > at
}
