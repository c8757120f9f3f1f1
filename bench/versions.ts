import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Library from '../src/index.ts'
import { createSession, restoreSession, type BenchSession } from './fixtures/session.ts'
import { importModule } from './machine/modules.ts'
import { drive, type Operation } from './measure/drive.ts'
import { alternate, ratiosOf } from './measure/rounds.ts'

// What this version costs beside another one: `npm run build && node --import tsx bench/versions.ts <another checkout, built>`.
// Both are imported from their `dist` and take turns in this process, in directories of their own below this one. Ratios of
// throughput to the other version, its quartiles in brackets: above 1 this one is faster.

const rounds = 15
const millisecondsOfRound = 200

const options: ReadonlyArray<Library.StoreOptions> = [{}, { io: 'async' }, { merge: false }, { acknowledge: 'memory' }]

type Verb = 'get' | 'get and set, unchanged' | 'get and set, changed' | 'set, new, and destroy'

const verbs: readonly Verb[] = ['get', 'get and set, unchanged', 'get and set, changed', 'set, new, and destroy']

const [other] = process.argv.slice(2)
if (other === undefined) {
  console.error('Which version? Give the directory of another checkout in which a build was made.')
  process.exit(2)
}
await compare({ this: join(import.meta.dirname, '..'), other: resolve(other) })

async function compare (checkouts: Readonly<Record<'this' | 'other', string>>): Promise<void> {
  const directory = mkdtempSync(join(import.meta.dirname, '.versions-'))
  try {
    for (const given of options) {
      const operations = {
        this: await operationsOf(checkouts.this, join(directory, `this-${options.indexOf(given)}`), given),
        other: await operationsOf(checkouts.other, join(directory, `other-${options.indexOf(given)}`), given)
      }
      for (const verb of verbs) {
        const samples = await alternate(['this', 'other'] as const, rounds, async name => await throughput(operations[name][verb]))
        const { low, middle, high } = ratiosOf(samples, 'this', 'other')
        console.log(`${JSON.stringify(given)} ${verb}: ${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`)
      }
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function operationsOf (checkout: string, directory: string, given: Library.StoreOptions): Promise<Readonly<Record<Verb, Operation>>> {
  const { FileStore } = await importModule<typeof Library>(pathToFileURL(join(checkout, 'dist', 'index.js')).href)
  const store = new FileStore(directory, { ...given, pruneInterval: 0 })
  let count = 0
  const get = (use: (session: BenchSession) => void, fail: (error: unknown) => void) => {
    store.get('known', (error, stored) => error ? fail(error) : use(restoreSession('known', stored as unknown as BenchSession, Date.now())))
  }
  await new Promise<void>((resolve, reject) => {
    store.set('known', createSession('known', 400, Date.now()) as never, error => error ? reject(error) : resolve())
  })
  return {
    get: done => get(() => done(), done),
    'get and set, unchanged': done => get(session => store.set('known', session as never, done), done),
    'get and set, changed': done => get(session => {
      session.count = count++
      store.set('known', session as never, done)
    }, done),
    'set, new, and destroy' (done) {
      const id = `new-${count++}`
      store.set(id, createSession(id, 400, Date.now()) as never, error => error ? done(error) : store.destroy(id, done))
    }
  }
}

// Operations in a millisecond.
async function throughput (operation: Operation): Promise<number> {
  const milliseconds = await drive(operation, 20, 1)
  const times = Math.max(20, Math.ceil(20 * millisecondsOfRound / milliseconds))
  return times / await drive(operation, times, 1)
}
