import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { createSession, restoreSession, sizes, type BenchSession } from '../fixtures/session.ts'
import { idOf } from '../fixtures/population.ts'
import { Clock } from '../measure/clock.ts'
import { openVerbs, type Verb, type VerbSide } from './verbs.ts'

// A process of its own, which `strace` observes: its arguments are a side, an operation, how often to run it, and a directory.
// Everything is prepared for as many operations whatever the count, so that two runs differ only by the operations.
const [side, verb, count, directory = ''] = process.argv.slice(2) as [VerbSide, Verb, string, string]
const sessions = 200
const clock = new Clock()

mkdirSync(directory, { recursive: true })
const verbs = await openVerbs(side, { directory, clock: () => clock.time, redisPort: 0 })
const ids = Array.from({ length: sessions }, (_, number) => idOf(number))
const get = promisify(verbs.known)
for (const id of ids) await promisify(verbs.added)(id, createSession(id, sizes['400 bytes'], clock.time))
await setAll('changed')
await setAll('moved')
const operation = await prepare()
for (let number = 0; number < Number(count); number++) await operation(number)

/** Prepares what the operation needs; the result runs it with the session of a number. */
async function prepare (): Promise<(number: number) => Promise<unknown>> {
  switch (verb) {
    case 'known': return async number => await get(ids[number] as string)
    case 'unknown': return async number => await get(idOf(sessions + number))
    case 'destroyed': return async number => await promisify(verbs.destroyed)(ids[number] as string)
    case 'added': {
      const created = ids.map((_, number) => createSession(idOf(sessions + number), sizes['400 bytes'], clock.time))
      return async number => await promisify(verbs.added)(idOf(sessions + number), created[number] as BenchSession)
    }
    default: {
      const loaded = await load(verb)
      return async number => await promisify(verbs[verb])(ids[number] as string, loaded[number] as BenchSession)
    }
  }
}

async function setAll (setVerb: 'moved' | 'changed'): Promise<void> {
  const loaded = await load(setVerb)
  for (const [number, id] of ids.entries()) await promisify(verbs[setVerb])(id, loaded[number] as BenchSession)
}

async function load (setVerb: 'repeated' | 'moved' | 'changed'): Promise<BenchSession[]> {
  clock.advance(setVerb === 'repeated' ? 1 : 1_001)
  const loaded: BenchSession[] = []
  for (const id of ids) {
    const session = restoreSession(id, await get(id) as BenchSession, clock.time)
    if (setVerb === 'changed') session.count++
    loaded.push(session)
  }
  return loaded
}
