import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreOptions } from '../../src/index.ts'
import { openTestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'
import { expectFailure, expectNames, expectSession, expectWorkingStore } from './expectations.ts'

/** The directory is removed, also during many concurrent writes. */
export async function removedDirectory (root: string, options: StoreOptions): Promise<number> {
  const directory = join(root, 'sessions')
  const store = openTestedStore(directory, options)
  await store.set('a', { number: 1 })
  await expectSession(store, 'a', 1)
  await rm(directory, { recursive: true })
  await expectSession(store, 'a', null)
  await store.destroy('a')
  await store.set('a', { number: 1 })
  await expectSession(store, 'a', 1)
  const { mode } = await stat(directory)
  ensure((mode & 0o777) === 0o700, `the directory has the mode ${mode.toString(8)}`)
  for (let round = 0; round < 10; round++) {
    const changes = Array.from({ length: 20 }, (_, number) => store.set(`s${number}`, { number: round }))
    await Promise.all([rm(directory, { recursive: true, force: true }).catch(() => {}), ...changes.map(change => change.catch(() => {}))])
  }
  await expectWorkingStore(store)
  await store.set('a', { number: 2 })
  await expectSession(store, 'a', 2)
  return 11
}

/** Another directory takes the place of the directory, and the first one comes back. */
export async function replacedDirectory (root: string, options: StoreOptions): Promise<number> {
  const directory = join(root, 'sessions')
  const store = openTestedStore(directory, options)
  await store.set('a', { number: 1 })
  await store.set('b', { number: 1 })
  await expectSession(store, 'a', 1)
  await rename(directory, join(root, 'old'))
  await mkdir(directory)
  await writeFile(join(directory, 'a.json'), '{"number":2}')
  await expectSession(store, 'a', 2)
  await expectSession(store, 'b', null)
  await store.set('b', { number: 3 })
  await expectSession(store, 'b', 3)
  await expectWorkingStore(store)
  await rename(directory, join(root, 'new'))
  await rename(join(root, 'old'), directory)
  await expectSession(store, 'a', 1)
  await expectSession(store, 'b', 1)
  await expectNames(directory, 'a.json', 'b.json')
  return 1
}

/** A file takes the place of the directory. */
export async function fileAsDirectory (root: string, options: StoreOptions): Promise<number> {
  const directory = join(root, 'sessions')
  const store = openTestedStore(directory, options)
  await store.set('a', { number: 1 })
  await rename(directory, join(root, 'moved'))
  await writeFile(directory, 'a file')
  await expectSession(store, 'a', null)
  await expectFailure(store.set('a', { number: 2 }), 'write-failed')
  ensure(await readFile(directory, 'utf8') === 'a file', 'a file was lost')
  await rm(directory)
  await rename(join(root, 'moved'), directory)
  await expectSession(store, 'a', 1)
  await expectWorkingStore(store)
  await expectNames(directory, 'a.json')
  return 1
}

/** The name or the path of a session file is too long. */
export async function tooLongName (directory: string, options: StoreOptions): Promise<number> {
  const store = openTestedStore(directory, options)
  for (const id of ['x'.repeat(251), 'é'.repeat(43), '.'.repeat(84)]) {
    await expectFailure(store.set(id, { number: 1 }), 'invalid-id')
    await expectFailure(store.destroy(id), 'invalid-id')
    await expectSession(store, id, null, 'invalid-id')
  }
  const longest = 'x'.repeat(250)
  await store.set(longest, { number: 1 })
  await expectSession(store, longest, 1)
  // Short enough for a name, too long for a path.
  const deep = openTestedStore(join(directory, ...Array.from({ length: 40 }, () => 'd'.repeat(120))), options)
  await expectFailure(deep.set('a', { number: 1 }), 'write-failed', 'ENAMETOOLONG')
  await expectSession(deep, 'a', null, 'read-failed')
  await expectNames(directory, `${longest}.json`)
  await expectWorkingStore(store)
  return 4
}
