import { readFile, stat } from 'node:fs/promises'
import { FileStore, type SessionFailure, type StoreOptions } from '../../src/index.ts'
import { promised } from '../support.ts'

/** The ways in which a store makes its calls. */
export const ways: ReadonlyArray<readonly [way: string, options: StoreOptions]> = [
  ['auto', { io: 'auto' }],
  ['async', { io: 'async' }],
  ['auto, no cache', { io: 'auto', cacheSize: 0 }],
  ['async, no cache', { io: 'async', cacheSize: 0 }]
]

/** Makes stores that record each use and do not prune by themselves, with the failures that they report and their methods as promises. */
export function storeMaker (given: StoreOptions) {
  return (directory: string, options: StoreOptions = {}) => {
    const failures: SessionFailure[] = []
    const store = new FileStore(directory, { ...given, pruneInterval: 0, touchInterval: 0, onFailure: failure => { failures.push(failure) }, ...options })
    return { store, failures, ...promised(store) }
  }
}

/** What distinguishes the content of a file: its inode, its modification time in milliseconds, its text. */
export async function fileContent (file: string) {
  const { ino, mtimeMs } = await stat(file)
  return { inode: ino, time: Math.floor(mtimeMs), text: await readFile(file, 'utf8') }
}

/** Resolves after all callbacks and ticks that are due. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The parameters that the callback was called with before `call` returned, or `null`. */
export function immediately (call: (callback: (...parameters: any[]) => void) => void): unknown[] | null {
  let received: unknown[] | null = null
  call((...parameters) => { received ??= parameters })
  return received
}

/** Whether `attempt` succeeds within some seconds: a busy machine may be slow for one. */
export async function eventually (attempt: () => Promise<boolean>): Promise<boolean> {
  for (const start = Date.now(); Date.now() - start < 4_000;) if (await attempt()) return true
  return false
}
