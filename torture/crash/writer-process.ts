import { writeSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { FileStore } from '../../src/index.ts'
import { Random } from '../random.ts'
import { numberedSession } from './numbered-session.ts'

// A process that crash/trials.ts starts and kills. It changes sessions, several
// concurrently, until it is killed. It logs each change before it begins and
// after its callback, in lines that are in the pipe before anything else happens.
const [directory = '', name, seed, options = '{}'] = process.argv.slice(2)
const store = new FileStore(directory, { ...JSON.parse(options), pruneInterval: 0 })
const random = new Random(Number(seed))
let count = 0

const log = (line: string) => writeSync(1, `${line}\n`)

async function changeForever (): Promise<never> {
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
  log(`${type} ${id} ${number} ${seed}`)
  await new Promise<void>(resolve => {
    const callback = (error: unknown) => {
      log(error ? `failed ${number} ${String(error)}` : `done ${number}`)
      resolve()
    }
    if (type === 'destroy') store.destroy(id, callback)
    else store.set(id, numberedSession(number, Number(seed)) as never, callback)
  })
}

async function touch (id: string): Promise<void> {
  await new Promise<void>(resolve => store.touch(id, {} as never, () => resolve()))
}

async function prune (): Promise<void> {
  const file = store.sessionFile(`expired-${name}${random.below(3)}`)
  await writeFile(file, '{}')
  await utimes(file, 1_000_000_000, 1_000_000_000)
  await store.prune()
}

log('ready')
await Promise.all([changeForever(), changeForever(), changeForever()])
