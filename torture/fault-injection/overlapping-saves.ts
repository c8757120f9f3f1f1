import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { withFailingCalls } from '../failing-calls.ts'
import { asPluginSession, type PluginSession } from '../plugin-session.ts'
import { ensure, inFreshDirectory, type Progress } from '../trial.ts'

/** A step of one of two requests on the same session: it changes a key of its own, or saves, without waiting. */
export type SaveStep =
  | { readonly type: 'change', readonly request: number, readonly value: number }
  | { readonly type: 'save', readonly request: number, readonly isFailing: boolean }
  | { readonly type: 'turn' }

const request = fc.nat({ max: 1 })
const step: fc.Arbitrary<SaveStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('change' as const), request, value: fc.nat({ max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('save' as const), request, isFailing: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('turn' as const) }) }
)

/** The case of the report: the first of two overlapping saves fails, the second has nothing new. */
export const reportedCase: readonly SaveStep[] = [
  { type: 'change', request: 0, value: 1 },
  { type: 'save', request: 0, isFailing: true },
  { type: 'save', request: 0, isFailing: false }
]

interface Runs {
  readonly options: StoreOptions
  readonly numRuns: number
  readonly seed: number
  readonly progress: Progress
}

/** Saves of two requests overlap, and random ones fail with EIO: a save that succeeds has saved all that its request had changed. */
export async function overlappingSaves ({ options, numRuns, seed, progress }: Runs): Promise<number> {
  let count = 0
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async steps => {
    await inFreshDirectory(directory => runSaves(directory, steps, options))
    progress(++count / numRuns)
  })
  await fc.assert(property, { numRuns, seed, examples: [[[...reportedCase]]], includeErrorInReport: true })
  return numRuns
}

async function runSaves (directory: string, steps: readonly SaveStep[], options: StoreOptions): Promise<void> {
  const store = new FileStore(directory, { ...options, pruneInterval: 0, onFailure () {} })
  const { get, set } = promised(store)
  const id = 'a'
  await set(id, { cookie: { path: '/', originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000) }, r0: 0, r1: 0 })
  const sessions = [asPluginSession(await get(id), Date.now()), asPluginSession(await get(id), Date.now())]
  // What each request had when a save of it succeeded last, by the order of the calls.
  const saved: Array<{ order: number, value: unknown }> = [{ order: -1, value: 0 }, { order: -1, value: 0 }]
  const saves: Array<Promise<void>> = []
  // The renames of the next writes: whether each fails. A save may be coalesced with the next one, or have nothing to write.
  let isFailing = false
  await withFailingCalls(call => isFailing && call.startsWith('rename') ? 'EIO' : null, async () => {
    for (const [order, step] of steps.entries()) {
      if (step.type === 'turn') await nextTurn()
      if (step.type === 'change') (sessions[step.request] as PluginSession)[`r${step.request}`] = step.value
      if (step.type === 'save') {
        isFailing = step.isFailing
        const { request } = step
        const value = sessions[request]?.[`r${request}`]
        const last = saved[request] as { order: number, value: unknown }
        saves.push(set(id, sessions[request] as PluginSession).then(() => { if (order > last.order) Object.assign(last, { order, value }) }, () => {}))
      }
    }
    await Promise.all(saves)
    isFailing = false
    await store.close()
  })
  const file: Record<string, unknown> = JSON.parse(await readFile(join(directory, 'a.json'), 'utf8'))
  for (const request of [0, 1]) {
    // A failed save after the last one that succeeded may have changed nothing on the disk.
    const { value } = saved[request] as { value: unknown }
    ensure(file[`r${request}`] === value, () => `request ${request} has saved ${String(value)}, and the file holds ${JSON.stringify(file)}`)
  }
}
