import { existsSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { FileStore } from '../src/index.ts'
import { asPluginSession } from './plugin-session.ts'

/** One call of a script. `use` loads a session as a request does, changes it, and sets it with a new expiry. */
export type Call =
  | { readonly type: 'get' | 'destroy' | 'touch', readonly id: string }
  | { readonly type: 'set', readonly id: string, readonly session: Record<string, unknown>, readonly maxAge?: number }
  | { readonly type: 'use', readonly id: string, readonly changes?: Record<string, unknown> }
  | { readonly type: 'prune' | 'list' }
  | { readonly type: 'wait', readonly milliseconds: number }
  /** Waits until `file` is gone, at most thirty seconds; whether it is. */
  | { readonly type: 'wait-until-gone', readonly file: string }

/** What a process does with a store of its own. */
export interface Script {
  readonly directory: string
  /** Options of the store; JSON. */
  readonly options?: object
  /** How much the clock of its store is ahead, in milliseconds. */
  readonly clockAhead?: number
  readonly umask?: number
  /** Becomes this user, with this group, before it begins. */
  readonly user?: number
  readonly group?: number
  readonly calls: readonly Call[]
}

/** What a script printed. */
export interface ScriptResult {
  /** For each call its value, or the error that the callback was given. */
  readonly results: ReadonlyArray<{ readonly value?: any, readonly error?: string }>
  /** When each call began, in milliseconds since 1970. */
  readonly begunAt: readonly number[]
  /** The failures that were reported, each as its type and the system's code. */
  readonly reported: readonly string[]
}

// A process that run-script.ts starts: it runs the script in its first parameter, and prints the result as JSON.
const script: Script = JSON.parse(process.argv[2] ?? '{}')
if (script.umask !== undefined) process.umask(script.umask)
if (script.group !== undefined) {
  process.setgroups?.([script.group])
  process.setgid?.(script.group)
}
if (script.user !== undefined) process.setuid?.(script.user)

const reported: string[] = []
const now = () => Date.now() + (script.clockAhead ?? 0)
const store = new FileStore(script.directory, {
  pruneInterval: 0,
  ...script.options,
  ...(script.clockAhead !== undefined && { clock: now }),
  onFailure: (failure: { type: string, cause?: any }) => { reported.push(`${failure.type} ${codeOf(failure)}`) }
})

function codeOf (failure: any): string {
  for (let cause = failure; cause !== undefined && cause !== null; cause = cause.cause) if (typeof cause.code === 'string') return cause.code
  return '-'
}

function promised<T> (call: (callback: (error?: any, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => call((error, value) => error ? reject(error) : resolve(value)))
}

async function run (call: Call): Promise<unknown> {
  switch (call.type) {
    case 'get': return await promised<any>(callback => store.get(call.id, callback))
    case 'destroy': return await promised(callback => store.destroy(call.id, callback))
    case 'touch': return await promised(callback => store.touch(call.id, {} as never, callback))
    case 'set': {
      const { id, session, maxAge } = call
      const cookie = maxAge === undefined ? {} : { cookie: { path: '/', originalMaxAge: maxAge, expires: new Date(now() + maxAge) } }
      return await promised(callback => store.set(id, { ...cookie, ...session } as never, callback))
    }
    case 'use': {
      const loaded = await promised<any>(callback => store.get(call.id, callback))
      if (!loaded) return null
      const session = Object.assign(asPluginSession(loaded, now()), call.changes)
      await promised(callback => store.set(call.id, session as never, callback))
      return session
    }
    case 'list': {
      const listed = []
      for await (const one of store.list()) listed.push(one)
      return listed
    }
    case 'prune': return await store.prune()
    case 'wait': return await delay(call.milliseconds)
    case 'wait-until-gone': {
      const deadline = performance.now() + 30_000
      while (existsSync(call.file) && performance.now() < deadline) await delay(20)
      return !existsSync(call.file)
    }
  }
}

const results = []
const begunAt = []
for (const call of script.calls) {
  begunAt.push(Date.now())
  results.push(await run(call).then(value => ({ value }), (error: any) => ({ error: `${error?.message} (${error?.cause?.type} ${codeOf(error)})` })))
}
await store.close()
await nextTurn()
process.stdout.write(JSON.stringify({ results, begunAt, reported }))
