import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStore } from '../src/index.ts'
import { populate } from './fixtures/population.ts'
import { createSession, sizes } from './fixtures/session.ts'

// Measures the index of owners: `node --import tsx bench/owner.ts [sessions]`. How long it takes to list the ten sessions
// of one owner among so many, with the index and by a scan; and what `set` takes with the option `owner`, as a ratio to a
// store without it, in turns.

const sessions = Number(process.argv[2] ?? 1_000_000)
const directory = mkdtempSync(join(tmpdir(), 'owner-bench-'))
const owner = (session: { account?: string }) => session.account ?? null
const [rounds, perRound] = [30, 200]

try {
  await listing()
  await setting()
} finally {
  rmSync(directory, { recursive: true })
}

async function listing (): Promise<void> {
  const large = join(directory, 'large')
  console.log(`filling a directory with ${sessions} sessions took ${(populate({ directory: large, sessions, usedAgo: 60_000 }) / 1000).toFixed(0)} s`)
  const store = new FileStore(large, { owner, pruneInterval: 0 })
  for (let number = 0; number < 10; number++) await set(store, `ada-${number}`, 'ada', 0)
  let start = performance.now()
  await store.prune()
  console.log(`the prune that makes the index took ${((performance.now() - start) / 1000).toFixed(1)} s`)
  const times: number[] = []
  for (let time = 0; time < 100; time++) {
    start = performance.now()
    let count = 0
    for await (const { id } of store.listOwner('ada')) if (id !== '') count++
    if (count !== 10) throw new Error(`${count} sessions were listed`)
    times.push(performance.now() - start)
  }
  console.log(`listOwner of 10 sessions: ${median(times).toFixed(2)} ms`)
  start = performance.now()
  for await (const { session } of store.list()) if (owner(session as object) === 'eve') throw new Error('there is no eve')
  console.log(`the same by a scan of all: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  await store.close()
}

async function setting (): Promise<void> {
  const plain = new FileStore(join(directory, 'plain'), { pruneInterval: 0 })
  const owned = new FileStore(join(directory, 'owned'), { owner, pruneInterval: 0 })
  for (const [name, accountOf] of [['does not change the owner', () => 'ada'], ['changes the owner', (count: number) => `user-${count % 100}`]] as const) {
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const times = []
      for (const store of round % 2 === 0 ? [plain, owned] : [owned, plain]) {
        await set(store, 'one', accountOf(round * perRound), -1)
        const start = performance.now()
        for (let count = 1; count <= perRound; count++) await change(store, 'one', accountOf(round * perRound + count), count)
        times.push(performance.now() - start)
      }
      ratios.push(round % 2 === 0 ? times[1]! / times[0]! : times[0]! / times[1]!)
    }
    console.log(`a changed set that ${name}, with owner: ${median(ratios).toFixed(2)} times as long as without`)
  }
  await Promise.all([plain.close(), owned.close()])
}

function set (store: FileStore, id: string, account: string, count: number): Promise<void> {
  const session = { ...createSession('', sizes['400 bytes'], Date.now()), account, count }
  return new Promise((resolve, reject) => store.set(id, session as never, error => error ? reject(error) : resolve()))
}

/** Loads a session and saves it changed, as the plugin does. */
function change (store: FileStore, id: string, account: string, count: number): Promise<void> {
  return new Promise((resolve, reject) => store.get(id, (_error, loaded) => {
    const { cookie, ...fields } = loaded as unknown as { cookie: object }
    const session = { cookie: { ...cookie }, ...fields, account, count, [Symbol('cookieOpts')]: { ...cookie } }
    store.set(id, session as never, error => error ? reject(error) : resolve())
  }))
}

function median (values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)]!
}
