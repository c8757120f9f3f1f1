import { writeSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { FileStore } from '../src/index.ts'
import { Random } from './random.ts'
import { sessionOf } from './numbered.ts'

// A process of its own, started by crash.ts to be killed: it changes sessions,
// several at once, for as long as it lives. Before and after each change it
// says so, in lines that are in the pipe before anything else happens.
const [directory = '', name, seed, options = '{}'] = process.argv.slice(2)
const store = new FileStore(directory, { ...JSON.parse(options), pruneInterval: 0 })
const random = new Random(Number(seed))
let count = 0

const say = (line: string) => writeSync(1, `${line}\n`)

async function work (): Promise<never> {
  for (;;) {
    const id = `${name}${random.below(4)}`
    const chance = random.next()
    if (chance < 0.5) await change('set', id)
    else if (chance < 0.65) await change('destroy', id)
    else if (chance < 0.9) await touch(id)
    else await prune()
  }
}

async function change (type: 'set' | 'destroy', id: string): Promise<void> {
  const number = count++
  say(`${type} ${id} ${number} ${seed}`)
  await new Promise<void>(resolve => {
    const done = (error: unknown) => {
      say(error ? `failed ${number} ${String(error)}` : `done ${number}`)
      resolve()
    }
    if (type === 'destroy') store.destroy(id, done)
    else store.set(id, sessionOf(number, Number(seed)) as never, done)
  })
}

async function touch (id: string): Promise<void> {
  await new Promise<void>(resolve => store.touch(id, {} as never, () => resolve()))
}

async function prune (): Promise<void> {
  const file = store.sessionFile(`over-${name}${random.below(3)}`)
  await writeFile(file, '{}')
  await utimes(file, 1_000_000_000, 1_000_000_000)
  await store.prune()
}

say('ready')
await Promise.all([work(), work(), work()])
