import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { drive } from './drive.ts'
import { begin, restore, restoreUnmoved, sizes, type BenchSession, type Size } from './sessions.ts'
import { fileOf, verbsOf, type Verb, type Verbs, type VerbSide } from './verbs.ts'

// Sessions in use: several times those in flight, and few enough for every cache.
const population = 512

type SetVerb = 'unchanged' | 'moved' | 'changed'

/**
 * A time that moves by a millisecond with each use of a session, so that each
 * is a later one: a store may count two uses in one millisecond as one.
 */
export class Clock {
  time = Date.now()

  tick (): number {
    return ++this.time
  }
}

/** One side at work: its sessions, and the means to see what it did. */
export class Subject {
  readonly name: VerbSide
  readonly #directory: string
  readonly #verbs: Verbs
  readonly #size: number
  readonly #clock: Clock
  readonly #ids = Array.from({ length: population }, () => randomUUID())

  private constructor (name: VerbSide, directory: string, verbs: Verbs, size: number, clock: Clock) {
    this.name = name
    this.#directory = directory
    this.#verbs = verbs
    this.#size = size
    this.#clock = clock
  }

  /** A side in a new directory, with its sessions set, and through their first request. */
  static async open (name: VerbSide, directory: string, size: Size, clock: Clock): Promise<Subject> {
    fs.mkdirSync(directory, { recursive: true })
    const verbs = await verbsOf(name, { directory, clock: () => clock.time, redisPort: 0 })
    const subject = new Subject(name, directory, verbs, sizes[size], clock)
    await subject.#create(subject.#ids, 1)
    await subject.#set('changed', population, 64)
    return subject
  }

  /**
   * Runs an operation `count` times and gives the milliseconds it took; before
   * and after, outside of the timing, what it needs is made and what it did is
   * checked.
   */
  async run (verb: Verb, count: number, inFlight: number): Promise<number> {
    switch (verb) {
      case 'known': return await this.#get(count, inFlight)
      case 'unknown': return await this.#miss(count, inFlight)
      case 'added': return await this.#add(count, inFlight)
      case 'destroyed': return await this.#destroy(count, inFlight)
      default: return await this.#set(verb, count, inFlight)
    }
  }

  /** What an operation does to a file: told by the file before and after. */
  async effect (verb: SetVerb): Promise<string> {
    const [id] = this.#ids as [string]
    const before = this.#held(id)
    await promisify(this.#verbs[verb])(id, await this.#load(verb, id))
    const after = this.#held(id)
    if (before === null || after === null) return 'no file'
    if (after.inode !== before.inode) return 'new file'
    if (after.text !== before.text) return 'written in place'
    return after.time === before.time ? 'nothing' : 'touched'
  }

  async #get (count: number, inFlight: number): Promise<number> {
    let last: BenchSession | null | undefined
    let next = 0
    const time = await drive(done => {
      this.#verbs.known(this.#ids[next++ % population] as string, (error, session) => {
        last = session
        done(error)
      })
    }, count, inFlight)
    assert.equal((last?.user as { name: string }).name, 'Ada Lovelace', `${this.name} gave another session`)
    return time
  }

  async #miss (count: number, inFlight: number): Promise<number> {
    let found = 0
    const ids = newIds(count)
    const time = await drive(done => {
      // session-file-store answers with an error of ENOENT, and the plugin knows what it means.
      this.#verbs.unknown(ids.pop() as string, (_error, session) => {
        if (session) found++
        done()
      })
    }, count, inFlight)
    assert.equal(found, 0, `${this.name} gave a session that is not there`)
    return time
  }

  // As in a request: a store may know by the session where it came from, and must not know by the object what it held.
  async #set (verb: SetVerb, count: number, inFlight: number): Promise<number> {
    let time = 0
    for (let left = count; left > 0; left -= population) {
      const ids = this.#ids.slice(0, left)
      const sessions = await Promise.all(ids.map(async id => await this.#load(verb, id)))
      let next = 0
      time += await drive(done => this.#verbs[verb](ids[next] as string, sessions[next++] as BenchSession, done), ids.length, inFlight)
      await this.#check(ids.slice(0, 4), sessions)
    }
    return time
  }

  async #load (verb: SetVerb, id: string): Promise<BenchSession> {
    const stored = await promisify(this.#verbs.known)(id)
    assert.ok(stored, `${this.name} lost a session`)
    if (verb === 'unchanged') return restoreUnmoved(id, stored)
    const session = restore(id, stored, this.#clock.tick())
    if (verb === 'changed') session.count++
    return session
  }

  async #check (ids: readonly string[], sessions: readonly BenchSession[]): Promise<void> {
    for (const [index, id] of ids.entries()) {
      const count = sessions[index]?.count
      assert.equal((await promisify(this.#verbs.known)(id))?.count, count, `${this.name} gave not what was set last`)
      const held = this.#held(id)
      const { sealed, count: heldCount } = held === null ? { sealed: true } : JSON.parse(held.text)
      if (!sealed) assert.equal(heldCount, count, `${this.name} holds not what was set last`)
    }
  }

  async #add (count: number, inFlight: number): Promise<number> {
    const ids = newIds(count)
    const time = await this.#create(ids, inFlight)
    assert.ok(ids.slice(-8).every(id => this.#isThere(id) ?? true), `${this.name} made no file`)
    await this.#remove(ids, population)
    return time
  }

  async #destroy (count: number, inFlight: number): Promise<number> {
    const ids = newIds(count)
    await this.#create(ids, population)
    const time = await this.#remove(ids, inFlight)
    assert.ok(!ids.some(id => this.#isThere(id)), `${this.name} left a file`)
    return time
  }

  async #create (ids: readonly string[], inFlight: number): Promise<number> {
    const sessions = ids.map(id => begin(id, this.#size, this.#clock.tick()))
    let next = 0
    return await drive(done => this.#verbs.added(ids[next] as string, sessions[next++] as BenchSession, done), ids.length, inFlight)
  }

  async #remove (ids: readonly string[], inFlight: number): Promise<number> {
    let next = 0
    return await drive(done => this.#verbs.destroyed(ids[next++] as string, done), ids.length, inFlight)
  }

  // `null` where there are no files.
  #isThere (id: string): boolean | null {
    const file = fileOf(this.name, this.#directory, id)
    return file === null ? null : fs.existsSync(file)
  }

  #held (id: string): { text: string, inode: number, time: number } | null {
    const file = fileOf(this.name, this.#directory, id)
    if (file === null) return null
    const { ino, mtimeMs } = fs.statSync(file)
    return { text: fs.readFileSync(file, 'utf8'), inode: ino, time: mtimeMs }
  }
}

function newIds (count: number): string[] {
  return Array.from({ length: count }, () => randomUUID())
}
