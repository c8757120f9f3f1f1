import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { Result } from 'neverthrow'
import { suite, type Test } from 'uvu'
import { nodeFs, type FsCalls } from '../src/fs/node.ts'
import { versionOf as versionOfStats, type FileVersion } from '../src/fs/version.ts'
import type { MergeBase } from '../src/session/merge-base.ts'
import { SessionText } from '../src/session/session-text.ts'
import { snapshotOf, type Snapshot } from '../src/session/snapshot.ts'

/** A fixed moment, in milliseconds since 1970, for tests that give the clock. */
export const now = Date.parse('2030-01-02T03:04:05.678Z')

/** A session as `@fastify/session` keeps it with `rolling` and a `maxAge` of a minute, last used at `lastUsedAt`. */
export function rollingSession (lastUsedAt: number) {
  const expires = new Date(lastUsedAt + 60_000)
  return { cookie: { expires, originalMaxAge: 60_000, originalExpires: expires, path: '/' }, user: 'ada' }
}

/** The live session that `@fastify/session` makes of one that `get` gave: see `attachMergeBase`. */
export function loadedByPlugin ({ cookie, ...fields }: any): any {
  return { cookie: { ...cookie }, ...fields, [Symbol('cookieOpts')]: { ...cookie } }
}

/** A live session that `@fastify/session` makes in a request that came without one. */
export function createdByPlugin (session: object): any {
  return { ...session, [Symbol('cookieOpts')]: {} }
}

/** The snapshot of a session that was last used at `usedAt`. */
export function snapshot (session: object, usedAt = now): Snapshot {
  return valueOf(snapshotOf(session, { now: usedAt }))
}

/** The merge base of a session that was loaded with this content from `file`; `null`: it was made in a request and is not saved yet. */
export function mergeBase (session: object | null, file = 'file'): MergeBase {
  const text = session === null ? null : SessionText.ofCanonical(snapshot(session).canonical)
  return { file, text, recordedLastUse: 0, loadedAt: null }
}

/** An error as the system's calls throw it. */
export function systemError (code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: refused`), { code })
}

/** Resolves in the next turn of the event loop, when all promises that could have settled have done so. */
export function nextTurn (): Promise<void> {
  return new Promise(resolve => { setImmediate(resolve) })
}

/** Resolves as soon as `condition` holds. */
export async function until (condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await delay(2)
}

/** Timers of `setTimeout` that run when the test says so. The test has to `restore` the real ones. */
export function fakeTimers () {
  const { setTimeout, clearTimeout } = globalThis
  let now = 0
  const timers = new Set<{ readonly dueAt: number, readonly call: () => void, isRef: boolean }>()
  globalThis.setTimeout = ((call: () => void, delay = 0) => {
    const timer = { dueAt: now + delay, call, isRef: true, unref () { timer.isRef = false; return timer }, ref () { timer.isRef = true; return timer } }
    timers.add(timer)
    return timer
  }) as unknown as typeof setTimeout
  globalThis.clearTimeout = (timer => { timers.delete(timer as never) }) as typeof clearTimeout
  return {
    /** The milliseconds after which each timer is due, and whether it keeps the process alive. */
    pending: () => Array.from(timers, ({ dueAt, isRef }) => ({ delay: dueAt - now, isRef })),
    /** Lets this many milliseconds pass: runs what becomes due, and some turns of the event loop after each. */
    async advance (milliseconds: number): Promise<void> {
      const end = now + milliseconds
      await nextTurn()
      for (;;) {
        const [next] = [...timers].filter(({ dueAt }) => dueAt <= end).sort((one, other) => one.dueAt - other.dueAt)
        if (next === undefined) break
        timers.delete(next)
        now = Math.max(now, next.dueAt)
        next.call()
        for (let turn = 0; turn < 5; turn++) await nextTurn()
      }
      now = end
    },
    restore () { Object.assign(globalThis, { setTimeout, clearTimeout }) }
  }
}

/** What a test of `suiteOnDisk` is given. */
export interface OnDisk {
  /** A directory of its own, empty. */
  readonly directory: string
}

/** A suite whose tests have a fresh directory each, which is removed afterwards. */
export function suiteOnDisk (name: string): Test<OnDisk> {
  const test = suite<{ directory: string }>(name)
  test.before.each(async context => { context.directory = await freshDirectory() })
  test.after.each(({ directory }) => rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  return test
}

/**
 * `test` where `program` is installed. Elsewhere a suite whose tests are skips, which `.ci/run` treats as failures; `hint`
 * says how to install it.
 */
export function requireProgram<Context> (program: string, test: Test<Context>, hint = `apt-get install ${program}`): Test<Context> {
  if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) return test
  console.log(`These tests need ${program}: ${hint}`)
  const skip = () => test.skip()
  const hook = Object.assign(() => {}, { each () {} })
  return Object.assign(skip, { before: hook, after: hook, only: skip, skip, run: test.run })
}

/** A new, empty directory, for who removes it himself. */
export function freshDirectory (): Promise<string> {
  return mkdtemp(join(tmpdir(), 'fastify-file-session-store-'))
}

/** What a store does with callbacks. */
interface CallbackStore {
  get (id: string, done: (error: any, session?: any) => void): void
  set (id: string, session: any, done: (error?: any) => void): void
  destroy (id: string, done: (error?: any) => void): void
}

/** The same with promises; they reject with the error that the callback is given. */
export function promised (store: CallbackStore) {
  return {
    get: (id: string) => called<any>(done => store.get(id, done)),
    set: (id: string, session: object) => called<void>(done => store.set(id, session, done)),
    destroy: (id: string) => called<void>(done => store.destroy(id, done))
  }
}

/** What the callback that `call` takes is given; an error that is no `Error` is one more mistake. */
export function called<T> (call: (done: (error: any, value?: any) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (!error) resolve(value)
      else reject(error instanceof Error ? error : new Error(`the callback was given no Error but ${inspect(error)}`))
    })
  })
}

/** The error that `promise` rejects with. */
export async function rejection (promise: Promise<unknown>): Promise<any> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not reject')
}

/**
 * The value of a result that must be one. (Not `_unsafeUnwrap`: what that
 * throws is no `Error`, and uvu ends a suite in silence, and green, at the first
 * thing thrown that has no `name`.)
 */
export function valueOf<T> (result: Result<T, unknown>): T {
  if (result.isErr()) throw new Error(`it failed: ${inspect(result.error)}`)
  return result.value
}

/** The failure of a result that must be one. */
export function failureOf (result: Result<unknown, unknown>): any {
  if (result.isOk()) throw new Error(`it did not fail: ${inspect(result.value)}`)
  return result.error
}

/** All names in a directory, hidden ones too, sorted. */
export async function namesIn (directory: string): Promise<string[]> {
  return (await readdir(directory)).sort()
}

/**
 * Returns when the file's last change is older than the coarsest tick of the
 * file system's clock. Nobody can set that time, so it takes what it takes:
 * some 20 milliseconds.
 */
export async function clockTick (file: string): Promise<void> {
  const { ctimeMs } = await stat(file)
  while (Date.now() - ctimeMs <= 25) await delay(5)
}

/** The version of a file. */
export async function versionOf (file: string): Promise<FileVersion> {
  return versionOfStats(await stat(file))
}

/** Calls to the disk that also note their names in `log`, in order. */
export function watched (calls: FsCalls = nodeFs): { readonly calls: FsCalls, readonly log: string[] } {
  const log: string[] = []
  const watch = ([name, call]: [string, Function]) => [name, (...parameters: unknown[]) => {
    if (name !== 'now') log.push(name)
    return call(...parameters)
  }]
  return { calls: Object.fromEntries(Object.entries(calls).map(watch)) as FsCalls, log }
}

/** What became of a process. */
export interface Ended {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** Runs `source`, a JavaScript module in this directory as it were, in a process of its own. `parameters` follow in its `process.argv`. */
export function runModule (source: string, parameters: readonly string[] = []): Promise<Ended> {
  const flags = ['--import', 'tsx', '--input-type=module', '--eval', source, '--', ...parameters]
  // Without colours, which uvu forces on its own process.
  const { FORCE_COLOR, ...env } = process.env
  return new Promise(resolve => {
    execFile(process.execPath, flags, { cwd: fileURLToPath(new URL('.', import.meta.url)), env }, (error, output, errors) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, output, errors })
    })
  })
}
