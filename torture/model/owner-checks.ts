import { access, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ensure } from '../trial.ts'
import { ownerNames, type Command } from './commands.ts'
import type { Driver, Reply } from './driver.ts'
import { expiryOf, readFailureOf, sessionOf, type Entry } from './entry.ts'
import { damageIndex, foreignIn, indexOf, marksIn, ownersIn, pointersIn } from '../index-files.ts'
import { ownerOf } from './owned.ts'
import type { Sessions } from './sessions.ts'

/** A command that concerns the sessions of an owner. */
export type OwnerCommand = Command & { readonly type: 'list-owner' | 'revoke-owner' }

interface CheckOptions {
  readonly directory: string
  readonly sessions: Sessions
  /** The file name of an id. */
  readonly nameOf: (id: string) => string
}

/** What a list of the sessions of an owner may hold. */
interface Expected {
  /** Those that it must hold. */
  readonly certain: ReadonlySet<string>
  /** The others, by hand or with a damaged index, that it may hold. */
  readonly possible: ReadonlySet<string>
  /** The failures of files that must be reported, and of those that may be. */
  readonly certainFailures: readonly string[]
  readonly possibleFailures: readonly string[]
}

/** Compares what a store gives of an owner with what the model has. */
export class OwnerChecks {
  readonly #options: CheckOptions

  constructor (options: CheckOptions) {
    this.#options = options
  }

  /** Lists, or ends, the sessions of an owner. */
  async run (command: OwnerCommand, driver: Driver, now: number): Promise<void> {
    if (command.type === 'list-owner') await this.#list(command.owner, driver, now)
    else await this.#revoke(command, driver, now)
    const { entries, pointers } = this.#options.sessions
    pointers.verify(command.owner, entries)
  }

  /** A reply without the failures that somebody has caused who has put something in the place of an owner's directory. */
  withoutObstruction (reply: Reply): Reply {
    if (!this.#options.sessions.pointers.isObstructed) return reply
    return { ...reply, reported: reply.reported.filter(type => type !== 'index-failed') }
  }

  async damage ({ damage, which }: Command & { type: 'damage' }): Promise<void> {
    await damageIndex(this.#options.directory, damage, which)
    this.#options.sessions.pointers.damage(damage)
  }

  /** Fails unless a prune has made an index that says that it is complete, if it can be. */
  async checkComplete (): Promise<void> {
    const { directory, sessions } = this.#options
    if (sessions.pointers.isObstructed) return
    const expected = sessions.pointers.isComplete ? 1 : 0
    ensure((await marksIn(directory)).length === expected, `after a prune the index is ${expected === 1 ? 'not ' : ''}complete`)
  }

  /**
   * Fails unless a prune makes the index complete, and, when every session is ended and all pointers are older than any
   * write, leaves nothing of it but the mark, and what is not the index's.
   */
  async checkRepair (driver: Driver, now: number, isAged: boolean): Promise<void> {
    const { directory, sessions, nameOf } = this.#options
    for (const name of sessions.pointers.isObstructed ? await marksIn(directory) : []) await rm(join(indexOf(directory), name))
    const foreign = await foreignIn(directory)
    await driver.perform({ type: 'flush' }, now)
    await driver.perform({ type: 'prune' }, now)
    sessions.prune(now)
    await this.checkComplete()
    for (const owner of ownerNames) await this.#list(owner, driver, now)
    if (!isAged) return
    const files = new Set([...sessions.entries.keys()].map(id => basename(nameOf(id), '.json')))
    const stray = (await pointersIn(directory)).filter(pointer => !files.has(basename(pointer)))
    ensure(stray.length === 0, `after a prune there are pointers to sessions that do not exist: ${stray.join()}`)
    for (const id of sessions.entries.keys()) await driver.perform({ type: 'destroy', id, isThrowing: false }, now)
    sessions.entries.clear()
    await driver.perform({ type: 'flush' }, now)
    await driver.perform({ type: 'prune' }, now)
    const left = await ownersIn(directory)
    ensure(left.length === 0, `after a prune without sessions there are directories of owners: ${left.join()}`)
    ensure(isDeepStrictEqual(await foreignIn(directory), foreign), `after a prune there are ${(await foreignIn(directory)).join()} in the index, were ${foreign.join()}`)
  }

  async #list (owner: string, driver: Driver, now: number): Promise<void> {
    const expected = this.#expect(owner, now)
    const { certain, possible, certainFailures, possibleFailures } = expected
    const reply = this.withoutObstruction(await driver.perform({ type: 'list-owner', owner }, now))
    const listed = Object.entries(reply.value ?? {})
    const isRight = reply.error === null &&
      listed.every(([id, one]) => (certain.has(id) || possible.has(id)) && isDeepStrictEqual(one, this.#listed(id))) &&
      [...certain].every(id => listed.some(([other]) => other === id)) &&
      isBetween(reply.reported, certainFailures, possibleFailures)
    ensure(isRight, () => messageOf(`listOwner(${owner}) at ${now}`, reply, expected))
  }

  async #revoke (command: OwnerCommand & { type: 'revoke-owner' }, driver: Driver, now: number): Promise<void> {
    const { sessions, directory, nameOf } = this.#options
    const { certain, possible, ...failures } = this.#expect(command.owner, now)
    const unread = this.#unread(command.owner, command.except)
    const reply = this.withoutObstruction(await driver.perform(command, now))
    await driver.perform({ type: 'flush' }, now)
    let count = 0
    for (const id of [...certain, ...possible]) {
      if (id === command.except) continue
      const isGone = await access(join(directory, nameOf(id))).then(() => false, () => true)
      ensure(isGone || possible.has(id), `revokeOwner(${command.owner}) at ${now} has not ended ${id}`)
      if (!isGone) continue
      count++
      sessions.end(id)
    }
    const mayFail = unread.possible.includes(reply.error ?? '')
    const isRight = reply.error === null ? reply.value === count && unread.certain.length === 0 : mayFail
    ensure(isRight && isBetween(reply.reported, failures.certainFailures, failures.possibleFailures), () =>
      messageOf(`revokeOwner(${command.owner}, ${command.except}) at ${now}, which ended ${count}`, reply, { certain, possible, ...failures, unread }))
  }

  #expect (owner: string, now: number): Expected {
    const { entries, pointers } = this.#options.sessions
    const [certain, possible] = [new Set<string>(), new Set<string>()]
    const [certainFailures, possibleFailures]: [string[], string[]] = [[], []]
    for (const [id, entry] of entries) {
      const isFound = !pointers.isComplete || pointers.has(owner, id)
      const failure = readFailureOf(id, entry)
      if (failure !== null) (isFound && !pointers.isObstructed ? certainFailures : possibleFailures).push(failure)
      else if (ownerOf(id, entry) === owner && expiryOf(entry) > now) (isFound ? certain : possible).add(id)
    }
    return { certain, possible, certainFailures, possibleFailures }
  }

  // With which failures ending the sessions of an owner must fail, and with which it may: of files that may hold one.
  #unread (owner: string, except: string | null): { readonly certain: readonly string[], readonly possible: readonly string[] } {
    const { entries, pointers } = this.#options.sessions
    const unread = [...entries].filter(([id, entry]) => id !== except && readFailureOf(id, entry) !== null)
    const failures = (some: typeof unread) => some.map(([id, entry]) => readFailureOf(id, entry) as string)
    const isCertain = (id: string, entry: Entry) => pointers.has(owner, id) || (!pointers.isComplete && readFailureOf(id, entry) === 'decrypt-failed')
    return { certain: pointers.isObstructed ? [] : failures(unread.filter(([id, entry]) => isCertain(id, entry))), possible: failures(unread) }
  }

  #listed (id: string): unknown {
    const entry = this.#options.sessions.entries.get(id)
    return entry && { session: sessionOf(entry), lastUsedAt: entry.lastUsedAt, expiresAt: expiryOf(entry) }
  }
}

// Whether `all` has what is certain, and beyond that nothing but what is possible, each as often.
function isBetween (all: readonly string[], certain: readonly string[], possible: readonly string[]): boolean {
  const rest = [...all]
  for (const one of certain) {
    const index = rest.indexOf(one)
    if (index === -1) return false
    rest.splice(index, 1)
  }
  const left = [...possible]
  return rest.every(one => left.includes(one) && left.splice(left.indexOf(one), 1))
}

function messageOf (what: string, reply: Reply, expected: object): string {
  return `${what}:\n  gave     ${JSON.stringify(reply)}\n  expected ${JSON.stringify(expected, (_, value) => value instanceof Set ? [...value] : value)}`
}
