import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { createSession, restoreSession, sizes, type BenchSession, type Size } from '../fixtures/session.ts'
import type { Clock } from '../measure/clock.ts'
import { drive } from '../measure/drive.ts'
import { fileOf, openVerbs, type Verb, type Verbs, type VerbSide } from './verbs.ts'

// Sessions in use: several times as many as are in flight, and few enough for every cache.
const population = 512

/** The operations that set a session which exists. */
export type SetVerb = 'repeated' | 'moved' | 'changed'

// In milliseconds, from one pass over the sessions to the next: a use is recorded once a second.
const steps: Readonly<Record<SetVerb, number>> = { repeated: 1, moved: 1_001, changed: 1_001 }

/** One side with its sessions. */
export class Subject {
  readonly name: VerbSide
  readonly #directory: string
  readonly #verbs: Verbs
  readonly #size: number
  readonly #clock: Clock
  readonly #ids = newIds(population)

  private constructor (name: VerbSide, directory: string, verbs: Verbs, size: number, clock: Clock) {
    this.name = name
    this.#directory = directory
    this.#verbs = verbs
    this.#size = size
    this.#clock = clock
  }

  /** Opens a side in a new directory. Its sessions exist and have had their first request. */
  static async open (name: VerbSide, directory: string, size: Size, clock: Clock): Promise<Subject> {
    fs.mkdirSync(directory, { recursive: true })
    const verbs = await openVerbs(name, { directory, clock: () => clock.time, redisPort: 0 })
    const subject = new Subject(name, directory, verbs, sizes[size], clock)
    await subject.#create(subject.#ids, 1)
    await subject.#set('changed', population, 64)
    return subject
  }

  /**
   * Runs an operation `count` times and resolves to the milliseconds it took.
   * Preparing what it needs and checking what it did are not included.
   */
  async run (verb: Verb, count: number, inFlight: number): Promise<number> {
    switch (verb) {
      case 'known': return await this.#get(count, inFlight)
      case 'unknown': return await this.#getUnknown(count, inFlight)
      case 'added': return await this.#add(count, inFlight)
      case 'destroyed': return await this.#destroy(count, inFlight)
      default: return await this.#set(verb, count, inFlight)
    }
  }

  /** What an operation does to a session's file, found by looking at the file before and after. */
  async effect (verb: SetVerb): Promise<string> {
    const [id] = this.#ids as [string]
    // The last use has just been recorded.
    await this.#set('moved', 1, 1)
    const before = this.#readFile(id)
    this.#clock.advance(steps[verb])
    await promisify(this.#verbs[verb])(id, await this.#load(verb, id))
    const after = this.#readFile(id)
    if (before === null || after === null) return 'no file'
    if (after.inode !== before.inode) return 'new file'
    if (after.text !== before.text) return 'written in place'
    return after.time === before.time ? 'nothing' : 'touched'
  }

  async #get (count: number, inFlight: number): Promise<number> {
    let last: BenchSession | null | undefined
    let next = 0
    const time = await drive(callback => {
      this.#verbs.known(this.#ids[next++ % population] as string, (error, session) => {
        last = session
        callback(error)
      })
    }, count, inFlight)
    assert.equal((last?.user as { name: string }).name, 'Ada Lovelace', `${this.name} returned another session`)
    return time
  }

  async #getUnknown (count: number, inFlight: number): Promise<number> {
    let found = 0
    const ids = newIds(count)
    const time = await drive(callback => {
      // session-file-store passes an error with the code ENOENT, which the plugin takes for "no session".
      this.#verbs.unknown(ids.pop() as string, (_error, session) => {
        if (session) found++
        callback()
      })
    }, count, inFlight)
    assert.equal(found, 0, `${this.name} returned a session that does not exist`)
    return time
  }

  // Each session is loaded before, as in a request: a store may attach something to the session that it returned.
  async #set (verb: SetVerb, count: number, inFlight: number): Promise<number> {
    let time = 0
    for (let left = count; left > 0; left -= population) {
      this.#clock.advance(steps[verb])
      const ids = this.#ids.slice(0, left)
      const sessions = await Promise.all(ids.map(async id => await this.#load(verb, id)))
      let next = 0
      time += await drive(callback => this.#verbs[verb](ids[next] as string, sessions[next++] as BenchSession, callback), ids.length, inFlight)
      await this.#check(ids.slice(0, 4), sessions)
    }
    return time
  }

  async #load (verb: SetVerb, id: string): Promise<BenchSession> {
    const stored = await promisify(this.#verbs.known)(id)
    assert.ok(stored, `${this.name} lost a session`)
    const session = restoreSession(id, stored, this.#clock.time)
    if (verb === 'changed') session.count++
    return session
  }

  async #check (ids: readonly string[], sessions: readonly BenchSession[]): Promise<void> {
    for (const [index, id] of ids.entries()) {
      const count = sessions[index]?.count
      assert.equal((await promisify(this.#verbs.known)(id))?.count, count, `${this.name} did not return what was set last`)
      const text = this.#readFile(id)?.text
      if (text !== undefined && this.name !== 'encrypted') assert.equal(JSON.parse(text).count, count, `${this.name} did not write what was set last`)
    }
  }

  async #add (count: number, inFlight: number): Promise<number> {
    const ids = newIds(count)
    const time = await this.#create(ids, inFlight)
    assert.ok(ids.slice(-8).every(id => this.#hasFile(id) ?? true), `${this.name} created no file`)
    await this.#remove(ids, population)
    return time
  }

  async #destroy (count: number, inFlight: number): Promise<number> {
    const ids = newIds(count)
    await this.#create(ids, population)
    const time = await this.#remove(ids, inFlight)
    assert.ok(!ids.some(id => this.#hasFile(id)), `${this.name} left a file`)
    return time
  }

  async #create (ids: readonly string[], inFlight: number): Promise<number> {
    const sessions = ids.map(id => createSession(id, this.#size, this.#clock.time))
    let next = 0
    return await drive(callback => this.#verbs.added(ids[next] as string, sessions[next++] as BenchSession, callback), ids.length, inFlight)
  }

  async #remove (ids: readonly string[], inFlight: number): Promise<number> {
    let next = 0
    return await drive(callback => this.#verbs.destroyed(ids[next++] as string, callback), ids.length, inFlight)
  }

  // `null` for a side without files.
  #hasFile (id: string): boolean | null {
    const file = fileOf(this.name, this.#directory, id)
    return file === null ? null : fs.existsSync(file)
  }

  #readFile (id: string): { text: string, inode: number, time: number } | null {
    const file = fileOf(this.name, this.#directory, id)
    if (file === null) return null
    const { ino, mtimeMs } = fs.statSync(file)
    return { text: fs.readFileSync(file, 'utf8'), inode: ino, time: mtimeMs }
  }
}

function newIds (count: number): string[] {
  return Array.from({ length: count }, () => randomUUID())
}
