import { setImmediate as nextTurn } from 'node:timers/promises'
import { FileStore, type StoreError, type StoreOptions } from '../src/index.ts'
import { promised } from '../test/support.ts'

/** A store with promises instead of callbacks, and the failures that it reports. */
export type TestedStore = ReturnType<typeof openTestedStore>

/** A store that prunes only when told to. Its failures are collected until they are taken. */
export function openTestedStore (directory: string, options: StoreOptions) {
  const failures: StoreError[] = []
  const store = new FileStore(directory, { ...options, pruneInterval: 0, onFailure: failure => { failures.push(failure) } })
  /** The types of the failures since the last time, in order. */
  const takeFailures = async () => {
    // The store reports in a turn of its own.
    await nextTurn()
    return failures.splice(0).map(({ type }) => type)
  }
  return { store, takeFailures, ...promised(store) }
}
