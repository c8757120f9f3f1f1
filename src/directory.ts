import { basename, resolve } from 'node:path'
import { ok, type Result, type ResultAsync } from 'neverthrow'
import { andThen, recover, type Answer } from './answer.ts'
import { baseOf, type Base } from './base.ts'
import { SessionCache, type Held } from './cache.ts'
import { madeOf, type Change } from './change.ts'
import { Disk } from './disk.ts'
import type { InvalidId, NotSerializable, RemoveFailed, SessionError, Unreadable, WalkFailed, WriteFailed } from './errors.ts'
import { moves, type StoredSession } from './expiry.ts'
import { LateQueue } from './late.ts'
import { listedAs, listFile, listSessions, type ListedSession, type ListOptions } from './list.ts'
import type { Settings } from './options.ts'
import { sessionFile, sessionId } from './path.ts'
import { pruneSessions, type Pruned } from './prune.ts'
import { ChangeQueue } from './queue.ts'
import { readSession, sessionIn } from './read.ts'
import { removeSession } from './remove.ts'
import { warner } from './report.ts'
import { Content, draftOf, textOf, type Draft } from './text.ts'
import { Upkeep } from './upkeep.ts'
import { writeDraft } from './write.ts'

/** Why a change was not made. */
export type ChangeFailed = WriteFailed | RemoveFailed

/**
 * The sessions of one directory as this process sees them: what the files say,
 * and before that what is about to be in them.
 */
export class SessionDirectory {
  readonly #path: string
  readonly #settings
  readonly #queue: ChangeQueue<unknown, ChangeFailed> | LateQueue<ChangeFailed>
  readonly #upkeep: Upkeep
  /** Takes the failures that nobody else hears of, later and outside of everything. */
  readonly report: (failure: SessionError) => void

  constructor (path: string, { cacheSize, io, onFailure = warner(), ...settings }: Settings) {
    this.#path = resolve(path)
    this.#settings = { ...settings, disk: new Disk(io), cache: new SessionCache(cacheSize) }
    this.report = failure => process.nextTick(onFailure, failure)
    const make = (file: string, change: Change) => this.#make(file, change)
    this.#queue = settings.acknowledge === 'memory' ? new LateQueue(make, this.report) : new ChangeQueue(make)
    this.#upkeep = new Upkeep(this.#path, { ...this.#settings, prune: signal => this.prune(signal), report: this.report })
  }

  file (id: string): Result<string, InvalidId> {
    return sessionFile(this.#path, id, this.#settings)
  }

  read (file: string): Answer<StoredSession | null, Unreadable> {
    this.#upkeep.start()
    const changes = this.#queue.waiting(file)
    if (changes.length === 0) return readSession(file, this.#settings)
    return andThen(this.#madeOf(file, changes), made => made === null ? ok(null) : sessionIn(file, heldAs(made), this.#settings))
  }

  /** `base` is what the session was made from; without one that is known, `set` creates what is missing. */
  set (file: string, session: object, base: Base | null = baseOf(session, file)): Answer<unknown, NotSerializable | ChangeFailed> {
    return andThen(this.#draft(file, session), draft => {
      if (base === null) return this.#change(file, draft)
      const { content } = base
      const answer = this.#change(file, { ...draft, base: this.#settings.merge ? content : null })
      if (content.is(draft.settled)) return answer
      // The live object goes on from here, unless its content did not get there.
      base.content = Content.ofSettled(draft.settled)
      return answer.mapErr(failure => {
        base.content = content
        return failure
      })
    })
  }

  /** Only the last use, and the cookie of `session`; what is gone stays so. */
  touch (file: string, session: { readonly cookie?: unknown } | null | undefined): Answer<unknown, SessionError> {
    return andThen(this.read(file), stored => {
      if (stored === null) return ok(undefined)
      // Its own cookie says when it was used before.
      const own = moves(stored.cookie) ? { ...stored.cookie, expires: null } : stored.cookie
      return andThen(this.#draft(file, stored), ({ settled }) =>
        this.set(file, { ...stored, cookie: session?.cookie ?? own }, { file, content: Content.ofSettled(settled) }))
    })
  }

  remove (file: string): Answer<unknown, ChangeFailed> {
    return this.#change(file, null)
  }

  async * list ({ expired = false }: { readonly expired?: boolean } = {}): AsyncGenerator<ListedSession, void, undefined> {
    const options = { ...this.#settings, onFailure: this.report, expired }
    const waiting = new Set(this.#queue.files())
    for await (const listed of listSessions(this.#path, options)) {
      const file = sessionFile(this.#path, listed.id, options).unwrapOr('')
      const isWaiting = waiting.delete(file) || this.#queue.waiting(file).length > 0
      const latest = isWaiting ? await this.#listOne(file, options) : listed
      if (latest !== null) yield latest
    }
    for (const file of waiting) {
      const latest = await this.#listOne(file, options)
      if (latest !== null) yield latest
    }
  }

  /** Removes what has expired now, whoever else does. */
  prune (signal?: AbortSignal): ResultAsync<Pruned, WalkFailed> {
    return pruneSessions(this.#path, { ...this.#settings, onFailure: this.report, ...(signal && { signal }) })
  }

  /** Resolves when nothing waits or is being made any more, and no timer runs. */
  async close (): Promise<void> {
    await Promise.all([this.#upkeep.stop(), this.#queue.idle()])
  }

  #draft (file: string, session: object): Result<Draft, NotSerializable> {
    return draftOf(session, this.#settings.clock()).mapErr(cause => ({ type: 'not-serializable' as const, file, cause }))
  }

  #change (file: string, change: Change): Answer<unknown, ChangeFailed> {
    this.#upkeep.start()
    return this.#queue.add(file, change)
  }

  // What the session in `file` will be when these are made.
  #madeOf (file: string, changes: readonly Change[]): Answer<Change, never> {
    if (changes.some(change => change?.base === undefined)) return ok(madeOf(null, changes))
    const { cache, disk } = this.#settings
    return andThen(recover(cache.fetch(file, disk, this.#settings), 'unreadable'), stored =>
      ok(madeOf(stored === 'unreadable' ? stored : stored && stored.content, changes)))
  }

  #make (file: string, change: Change): Answer<unknown, ChangeFailed> {
    return change === null ? removeSession(file, this.#settings) : writeDraft(file, change, this.#settings)
  }

  async #listOne (file: string, options: ListOptions & { readonly disk: Disk }): Promise<ListedSession | null> {
    const id = sessionId(basename(file), options)!
    const changes = this.#queue.waiting(file)
    if (changes.length === 0) return (await listFile(id, file, options)).unwrapOr(null)
    const made = (await this.#madeOf(file, changes)).unwrapOr(null)
    if (made === null) return null
    return listedAs(id, file, { ...heldAs(made), size: Buffer.byteLength(textOf(made)) }, options).unwrapOr(null)
  }
}

function heldAs ({ settled, usedAt }: Draft): Held {
  return { content: Content.ofSettled(settled), usedAt }
}
