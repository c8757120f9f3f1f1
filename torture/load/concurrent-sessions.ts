import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileStore } from '../../src/index.ts'
import { namesIn, promised } from '../../test/support.ts'
import { ensure, type Progress } from '../trial.ts'

interface ManySessions {
  readonly count: number
  readonly acknowledge: 'disk' | 'memory'
  readonly progress: Progress
}

/** Sets, gets and destroys `count` sessions, all in flight at the same time through one store. */
export async function useManySessions (directory: string, { count, acknowledge, progress }: ManySessions): Promise<number> {
  const store = new FileStore(directory, { acknowledge, pruneInterval: 0 })
  const { get, set, destroy } = promised(store)
  const numbers = Array.from({ length: count }, (_, number) => number)
  await Promise.all(numbers.map(number => set(`s${number}`, { number })))
  progress(0.3)
  await Promise.all(numbers.map(async number => ensure((await get(`s${number}`))?.number === number, `session ${number} is not there`)))
  progress(0.5)
  // Changes of one session overlap; the last call decides.
  await Promise.all(numbers.flatMap(number => [
    set(`s${number}`, { number: -1 }), destroy(`s${number}`), ...(number % 2 === 0 ? [set(`s${number}`, { number: number + 1 })] : [])
  ]))
  await store.close()
  progress(0.9)
  const names = await namesIn(directory)
  ensure(names.length === Math.ceil(count / 2), `${names.length} files are left`)
  for (const name of names) {
    const number = Number(/^s(\d+)\.json$/.exec(name)?.[1])
    ensure(await readFile(join(directory, name), 'utf8') === JSON.stringify({ number: number + 1 }), `${name} has other content`)
  }
  return count
}
