import { execFile } from 'node:child_process'
import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { StoreOptions } from '../../src/index.ts'
import { openTestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'
import { expectFailure, expectNames, expectSession, expectWorkingStore } from './expectations.ts'

const run = promisify(execFile)

const large = 'x'.repeat(100_000)

/** The disk has 64 KiB. */
export async function fullDisk (directory: string, options: StoreOptions): Promise<number> {
  const store = openTestedStore(directory, options)
  await store.set('a', { number: 1 })
  await store.set('b', { number: 1 })
  // First a session that never fits, then a full disk on which not even a small one does.
  await expectFailure(store.set('a', { number: 2, large }), 'write-failed', 'ENOSPC')
  await expectNames(directory, 'a.json', 'b.json')
  const filler = join(directory, '.filler')
  await writeFile(filler, large).catch(() => {})
  await expectFailure(store.set('a', { number: 2 }), 'write-failed', 'ENOSPC')
  await expectFailure(store.set('c', { number: 2 }), 'write-failed', 'ENOSPC')
  await expectNames(directory, '.filler', 'a.json', 'b.json')
  await expectSession(store, 'a', 1)
  await expectSession(store, 'c', null)
  // What needs no space still works.
  await store.set('a', { number: 1 })
  await store.destroy('b')
  await expectSession(store, 'b', null)
  await rm(filler)
  await store.set('a', { number: 2 })
  await expectSession(store, 'a', 2)
  await expectWorkingStore(store)
  await expectNames(directory, 'a.json')
  return 1
}

/** The disk has four inodes. */
export async function noFreeInode (directory: string, options: StoreOptions): Promise<number> {
  const store = openTestedStore(directory, options)
  await store.set('a', { number: 1 })
  await writeFile(join(directory, '.one'), '')
  await writeFile(join(directory, '.two'), '')
  await expectFailure(store.set('a', { number: 2 }), 'write-failed', 'ENOSPC')
  await expectFailure(store.set('b', { number: 2 }), 'write-failed', 'ENOSPC')
  await expectSession(store, 'a', 1)
  await rm(join(directory, '.one'))
  await store.set('a', { number: 2, cookie: { path: '/' } })
  await expectSession(store, 'a', 2)
  await writeFile(join(directory, '.one'), '')
  await expectFailure(store.set('b', { number: 2 }), 'write-failed', 'ENOSPC')
  // Pruning an expired session frees an inode.
  await utimes(join(directory, 'a.json'), 1_000_000_000, 1_000_000_000)
  const { removed } = await store.store.prune()
  ensure(removed === 1, `it pruned ${removed} sessions`)
  await expectNames(directory, '.one', '.two')
  await store.set('b', { number: 2 })
  await expectSession(store, 'b', 2)
  await rm(join(directory, '.one'))
  await rm(join(directory, '.two'))
  await expectWorkingStore(store)
  await expectNames(directory, 'b.json')
  return 1
}

/** The disk is mounted read-only while the store is in use. */
export async function readOnlyDisk (directory: string, options: StoreOptions): Promise<number> {
  const store = openTestedStore(directory, { ...options, touchInterval: 0 })
  const session = { number: 1, cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) } }
  await store.set('a', session)
  await run('mount', ['-o', 'remount,ro', directory])
  const later = { ...session, cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_100) } }
  await expectFailure(store.set('a', { number: 2 }), 'write-failed', 'EROFS')
  await expectFailure(store.set('b', { number: 2 }), 'write-failed', 'EROFS')
  await nextTurn()
  while (Date.now() < later.cookie.expires.getTime() - 60_000) await nextTurn()
  // That its use cannot be recorded is not worth an error.
  await store.set('a', later)
  const reported = (await store.takeFailures()).join()
  ensure(reported === 'touch-failed', `"${reported}" was reported`)
  await expectFailure(store.destroy('a'), 'remove-failed', 'EROFS')
  await expectSession(store, 'a', 1)
  await expectSession(store, 'b', null)
  const { removed } = await store.store.prune()
  ensure(removed === 0, 'it pruned a read-only disk')
  await run('mount', ['-o', 'remount,rw', directory])
  await expectSession(store, 'a', 1)
  await store.set('a', { number: 2 })
  await expectSession(store, 'a', 2)
  await expectWorkingStore(store)
  await expectNames(directory, 'a.json')
  return 1
}
