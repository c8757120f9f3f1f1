import { fork } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'
import { promised, suiteOnDisk } from './support.ts'

/** What a store is asked to do: in this process or in the other one. */
interface Order {
  readonly method: 'get' | 'set' | 'destroy'
  readonly id: string
  readonly session?: object
}

type Store = (order: Order) => Promise<any>

/** A store in this process. */
function here (store: FileStore): Store {
  const callbacks = promised(store)
  return ({ method, id, session = {} }) => callbacks[method](id, session)
}

const day = 24 * 60 * 60 * 1000

if (process.send === undefined) test()
else await obey()

// The other process: it does what it is told, and answers.
async function obey (): Promise<void> {
  const [directory = '', options = '{}'] = process.argv.slice(2)
  const store = here(new FileStore(directory, JSON.parse(options)))
  process.on('message', (order: Order) => {
    void store(order).then(session => process.send!({ session }), error => process.send!({ error: error.message }))
  })
  process.send!('ready')
}

function test (): void {
  const processes = suiteOnDisk('Two processes on one directory')

  const ways: ReadonlyArray<readonly [string, StoreOptions]> = [
    ['auto', { io: 'auto' }],
    ['async', { io: 'async' }],
    ['no cache', { cacheSize: 0 }],
    ['sealed', { secret: 's'.repeat(32) }]
  ]

  /** The same store in a process of its own, until `story` is over. */
  async function withOther (directory: string, options: StoreOptions, story: (other: Store) => Promise<void>): Promise<void> {
    const child = fork(fileURLToPath(import.meta.url), [directory, JSON.stringify(options)], { execArgv: ['--import', 'tsx'] })
    try {
      await once(child, 'message')
      await story(async order => {
        child.send(order)
        const [{ session, error }] = await once(child, 'message')
        assert.is(error, undefined)
        return session ?? null
      })
    } finally {
      child.disconnect()
      await once(child, 'exit')
    }
  }

  for (const [way, given] of ways) {
    processes(`(${way}) see each other's writes, uses and logouts at once`, async ({ directory }) => {
      const options = { ...given, pruneInterval: 0 }
      await withOther(directory, options, async other => {
        const store = new FileStore(directory, options)
        const sides = [here(store), other]
        const ids = ['a', 'b', 'c']
        const expected = new Map<string, number>()
        const any = <T>(things: readonly T[]): T => things[Math.floor(Math.random() * things.length)]!
        // All texts have one length, so that only the stamps tell them apart.
        const session = (n: number) => ({ n: String(n).padStart(8, '0'), cookie: { originalMaxAge: day, path: '/' } })
        for (let round = 0; round < 1_500; round++) {
          const id = any(ids)
          const choice = Math.random()
          const side = any(sides)
          if (choice < 0.4) {
            await side({ method: 'set', id, session: session(round) })
            expected.set(id, round)
          } else if (choice < 0.6 && expected.has(id)) {
            await side({ method: 'set', id, session: session(expected.get(id)!) })
          } else if (choice < 0.7) {
            await side({ method: 'destroy', id })
            expected.delete(id)
          } else if (choice < 0.8 && way !== 'sealed' && expected.has(id)) {
            edit(store.sessionFile(id), JSON.stringify(session(round)), any(['in place', 'older']))
            expected.set(id, round)
          }
          for (const side of [any(sides), any(sides)]) {
            const found = await side({ method: 'get', id })
            assert.is(found?.n, expected.has(id) ? String(expected.get(id)).padStart(8, '0') : undefined, `round ${round}`)
          }
        }
      })
    })
  }

  processes('keep a session whole that both write at once', async ({ directory }) => {
    await withOther(directory, { pruneInterval: 0 }, async other => {
      const store = here(new FileStore(directory, { pruneInterval: 0 }))
      const session = (n: number) => ({ n, text: String(n).repeat(5_000), end: n })
      for (let round = 0; round < 300; round++) {
        await Promise.all([store, other].map((side, index) => side({ method: 'set', id: 'a', session: session(2 * round + index) })))
        const { n, text, end } = await store({ method: 'get', id: 'a' })
        assert.equal([text, end], [String(n).repeat(5_000), n])
        assert.ok(n >= 2 * round)
      }
    })
  })

  processes.run()
}

/** What an editor does, or a backup that comes back: no store has a hand in it. */
function edit (file: string, text: string, how: 'in place' | 'older'): void {
  if (how === 'in place') return writeFileSync(file, text)
  const other = join(file, '..', '.edited')
  writeFileSync(other, text)
  const then = Date.now() / 1000 - 3_600
  utimesSync(other, then, then)
  renameSync(other, file)
}
