import { execFileSync } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileStore } from '../src/index.ts'
import { Statistics } from '../src/observability/statistics.ts'
import { alternate, ratiosOf } from './measure/rounds.ts'

// What `store.stats()` and the channels cost: `node --import tsx bench/channels.ts`. Each side is a process of its own, which
// gets a known session, sets it unchanged, and sets it changed; the sides take turns. Ratios of time to a store that neither
// counts nor publishes.

const sides = {
  'neither counted nor published' () {
    for (const name of ['got', 'set', 'applied', 'destroyed', 'pruned', 'failed'] as const) Object.assign(Statistics.prototype, { [name] () {} })
  },
  'nobody listens' () {},
  'a subscriber to every channel' () {
    for (const name of ['get', 'set', 'write']) subscribe(`fastify-file-session-store:${name}`, () => {})
  }
} as const

type Side = keyof typeof sides
type Verb = 'get' | 'set, unchanged' | 'set, changed'

const names = Object.keys(sides) as Side[]
const verbs: readonly Verb[] = ['get', 'set, unchanged', 'set, changed']
const rounds = 9
const parts = 20
const operations: Readonly<Record<Verb, number>> = { get: 60_000, 'set, unchanged': 60_000, 'set, changed': 6_000 }

const [side] = process.argv.slice(2)
if (side === undefined) await compare()
else console.log(JSON.stringify(measure(side as Side)))

async function compare (): Promise<void> {
  const results = await alternate(names, rounds, async name =>
    JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), name], { encoding: 'utf8' })) as Record<Verb, number>)
  for (const verb of verbs) {
    const samples = Object.fromEntries(names.map(name => [name, results[name].map(times => times[verb])]))
    for (const name of names.slice(1)) {
      const { low, middle, high } = ratiosOf(samples, name, names[0]!)
      console.log(`${verb}, ${name}: ${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`)
    }
  }
}

// Microseconds for one operation of each verb.
function measure (name: Side): Record<Verb, number> {
  sides[name]()
  const directory = mkdtempSync(join(tmpdir(), 'channels-bench-'))
  const store = new FileStore(directory, { pruneInterval: 0 })
  try {
    let count = 0
    let session: object = { cookie: { originalMaxAge: 3_600_000 }, user: 'ada' }
    const verbsOf: Readonly<Record<Verb, () => void>> = {
      get: () => store.get('abc', (_error, found) => { session = found! }),
      'set, unchanged': () => store.set('abc', session),
      'set, changed': () => store.set('abc', { ...session, count: count++ })
    }
    store.set('abc', session)
    // The fastest part of each: what else the machine does only ever adds.
    return Object.fromEntries(verbs.map(verb =>
      [verb, Math.min(...Array.from({ length: parts }, () => repeat(verbsOf[verb], operations[verb] / parts)))])) as Record<Verb, number>
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function repeat (call: () => void, times: number): number {
  const start = performance.now()
  for (let time = 0; time < times; time++) call()
  return 1_000 * (performance.now() - start) / times
}
