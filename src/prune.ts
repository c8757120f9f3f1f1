import { join } from 'node:path'
import { ResultAsync } from 'neverthrow'
import type { Answer } from './answer.ts'
import { Disk } from './disk.ts'
import type { RemoveFailed, WalkFailed } from './errors.ts'
import { defaultTtl } from './expiry.ts'
import { livingOf, type Lifetime } from './live.ts'
import { sessionId } from './path.ts'
import { readContent, type SealOptions } from './seal.ts'
import { Slice } from './slice.ts'
import { isSame, wholeTime, type Stamp } from './stamp.ts'
import { isTemporary } from './temporary.ts'

/** How to prune a directory. */
export interface PruneOptions extends SealOptions, Lifetime {
  /**
   * Sees each file that could not be removed.
   * @default nobody does
   */
  readonly onFailure?: (failure: RemoveFailed) => void
  /** Ends the prune early: what it found until then counts. */
  readonly signal?: AbortSignal
  /**
   * The disk to ask.
   * @default one that answers at once while it is fast
   */
  readonly disk?: Disk
}

/** What a prune found and did: `looked` is the sum of the next three. */
export interface Pruned {
  /** How many files that bear a session's name were looked at. */
  readonly looked: number
  /** How many of them were removed. */
  readonly removed: number
  /** How many were kept because their session lives, or could not be removed. */
  readonly kept: number
  /** How many were kept because they could not be read as a session. */
  readonly unreadable: number
  /** How many temporary files of dead processes were removed. */
  readonly temporary: number
  /** How long it took, in milliseconds. */
  readonly took: number
}

// In milliseconds. A request that was under way when its session expired has this long to save it.
const grace = 60_000

// In milliseconds. A write takes well under a second; what is this old, nobody will rename any more.
const abandoned = 10 * 60_000

// So many files are read in any case, to learn how long sessions live here.
const sample = 1_000

// The thread pool has four threads; more removals at once would only wait there.
const removalsAtOnce = 8

/**
 * Removes the sessions in a directory that expired more than a minute ago, and
 * temporary files that a dead process left more than ten minutes ago.
 *
 * A file that bears a session's name and cannot be read as one goes when it was
 * unused for `ttl`; but where sessions have no extension it could be anyone's,
 * and stays. Nothing else in the directory is touched. A session that was used
 * until that minute was over stays, whoever used it; one that is used later, at
 * the very moment of its removal, may go. The event loop goes on; what was used
 * more recently than the shortest lifetime met is not even read.
 *
 * Fails with `walk-failed` when the directory cannot be read; a missing one has
 * nothing to prune.
 */
export function pruneSessions (directory: string, options: PruneOptions = {}): ResultAsync<Pruned, WalkFailed> {
  return ResultAsync.fromPromise(
    new Prune(directory, options).run(),
    cause => ({ type: 'walk-failed' as const, directory, cause })
  )
}

type Verdict = 'over' | 'kept' | 'unreadable' | 'gone'

class Prune {
  readonly #directory: string
  readonly #options: PruneOptions
  readonly #disk: Disk
  readonly #clock: () => number
  readonly #ttl: number
  readonly #removing = new Set<Promise<void>>()
  readonly #count = { looked: 0, removed: 0, kept: 0, unreadable: 0, temporary: 0 }
  #shortest = Infinity

  constructor (directory: string, options: PruneOptions) {
    const { disk = new Disk('auto'), clock = Date.now, ttl = defaultTtl } = options
    this.#directory = directory
    this.#options = options
    this.#disk = disk
    this.#clock = clock
    this.#ttl = ttl
  }

  async run (): Promise<Pruned> {
    const start = performance.now()
    await this.#walk()
    await Promise.all(this.#removing)
    return { ...this.#count, took: performance.now() - start }
  }

  async #walk (): Promise<void> {
    const slice = new Slice()
    for await (const names of this.#disk.files(this.#directory)) {
      for (const name of names) {
        if (this.#options.signal?.aborted) return
        // Most files are kept by their stamp alone: for those, promises would be most of the work.
        if (slice.isOver) await slice.pause()
        const looking = this.#lookAt(name)
        if (looking !== null) await looking
      }
    }
  }

  #lookAt (name: string): Promise<void> | null {
    const file = join(this.#directory, name)
    if (isTemporary(name)) return this.#lookAtTemporary(file)
    if (sessionId(name, this.#options) === null) return null
    const stat = this.#disk.stat(file)
    if (stat instanceof ResultAsync || stat.isErr() || stat.value === null || !this.#isYoung(stat.value)) return this.#lookInto(file, stat)
    this.#count.looked++
    this.#count.kept++
    return null
  }

  async #lookInto (file: string, answer: Answer<Stamp | null, unknown>): Promise<void> {
    const stat = await answer
    const stamp = stat.unwrapOr(null)
    if (stat.isOk() && stamp === null) return
    const verdict = stamp === null ? 'unreadable' : await this.#judge(file, stamp)
    if (verdict === 'gone') return
    this.#count.looked++
    if (verdict !== 'over') this.#count[verdict]++
    else if (stamp !== null) await this.#remove(file, stamp)
  }

  async #judge (file: string, stamp: Stamp): Promise<Verdict> {
    if (this.#isYoung(stamp)) return 'kept'
    const usedAt = wholeTime(stamp)
    const age = this.#ageOf(stamp)
    const content = await readContent(file, stamp.size, this.#disk, this.#options)
    if (content.isOk() && content.value === null) return 'gone'
    return content.andThen(content => livingOf(content!, usedAt, this.#options).mapErr(cause => ({ type: 'malformed' as const, file, cause }))).match(
      ({ expires }) => {
        this.#shortest = Math.min(this.#shortest, expires - usedAt)
        return age >= expires - usedAt ? 'over' : 'kept'
      },
      ({ type }) => type === 'malformed' && this.#options.extension !== '' && age >= this.#ttl ? 'over' : 'unreadable'
    )
  }

  // Used more recently than any session of this directory lives, as far as it is known.
  #isYoung (stamp: Stamp): boolean {
    return this.#count.looked >= sample && this.#ageOf(stamp) < this.#shortest
  }

  // In milliseconds since the grace after its last use was over.
  #ageOf (stamp: Stamp): number {
    return this.#clock() - wholeTime(stamp) - grace
  }

  async #remove (file: string, stamp: Stamp): Promise<void> {
    const removal = this.#removeUnused(file, stamp)
      .catch((cause: unknown) => {
        this.#options.onFailure?.({ type: 'remove-failed', file, cause })
        return false
      })
      .then(isRemoved => {
        this.#count[isRemoved ? 'removed' : 'kept']++
        this.#removing.delete(removal)
      })
    this.#removing.add(removal)
    if (this.#removing.size >= removalsAtOnce) await Promise.race(this.#removing)
  }

  // The last look, after its grace was found to be over: whoever used it in time shows here.
  async #removeUnused (file: string, seen: Stamp): Promise<boolean> {
    const stamp = (await this.#disk.stat(file)).unwrapOr(null)
    return stamp !== null && isSame(seen, stamp) && await this.#disk.remove(file)
  }

  // By the time that nobody can set, and so by the real clock: a file bears the
  // time of its session's last use before it has the session's name.
  async #lookAtTemporary (file: string): Promise<void> {
    const stamp = (await this.#disk.stat(file)).unwrapOr(null)
    if (stamp === null || Date.now() - stamp.changed < abandoned) return
    if (await this.#disk.remove(file).catch(() => false)) this.#count.temporary++
  }
}
