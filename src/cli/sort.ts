import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandError, reasonOf } from './exit.ts'

/** A file that waits to be shown in its turn. */
export interface Candidate {
  readonly id: string
  readonly name: string
  readonly lastUsedAt: number
  readonly size: number
  /** What it is sorted by. Among equal ones the id decides. */
  readonly key: number | string
}

// The most candidates in memory at the same time, whatever the number of sessions: some 3 MB.
const defaultCapacity = 20_000

// In bytes. What is read of each run at a time.
const chunkSize = 16 * 1024

/** How to sort. */
export interface SorterOptions {
  /** @default false */
  readonly isDescending?: boolean
  /** How many are wanted; the others are dropped. */
  readonly first?: number
  /** How many are in memory at the same time. */
  readonly capacity?: number
}

/**
 * External merge sort of any number of candidates in bounded memory: sorted runs go to a temporary file and are merged at
 * the end. Where only the first ones are wanted (`first`), the others are dropped instead.
 */
export class Sorter {
  readonly #capacity: number
  readonly #first: number
  readonly #compare: (one: Candidate, other: Candidate) => number
  readonly #runs: Array<{ readonly start: number, readonly end: number }> = []
  #candidates: Candidate[] = []
  #spill: { readonly directory: string, readonly descriptor: number } | null = null
  #end = 0
  #last: Candidate | null = null
  #hasDropped = false

  constructor ({ isDescending = false, first = Infinity, capacity = defaultCapacity }: SorterOptions = {}) {
    this.#compare = isDescending ? (one, other) => compareKeys(other, one) : compareKeys
    this.#first = first
    this.#capacity = Math.max(capacity, first === Infinity ? 0 : 2 * first)
  }

  /** Whether candidates were dropped, so that `sorted` does not give all. */
  get hasDropped (): boolean {
    return this.#hasDropped
  }

  /** Takes a candidate. */
  add (candidate: Candidate): void {
    if (this.#last !== null && this.#compare(candidate, this.#last) >= 0) {
      this.#hasDropped = true
      return
    }
    this.#candidates.push(candidate)
    if (this.#candidates.length < this.#capacity) return
    this.#candidates.sort(this.#compare)
    if (this.#first === Infinity) this.#writeRun()
    else this.#drop()
  }

  /** The candidates in their order. Call it once; `close` afterwards. */
  * sorted (): Generator<Candidate, void, undefined> {
    this.#candidates.sort(this.#compare)
    if (this.#runs.length === 0) return yield * this.#candidates
    yield * merge([this.#candidates.values(), ...this.#runs.map(run => this.#readRun(run))], this.#compare)
  }

  /** Removes the temporary file. */
  close (): void {
    if (this.#spill === null) return
    closeSync(this.#spill.descriptor)
    rmSync(this.#spill.directory, { recursive: true, force: true })
    this.#spill = null
  }

  #drop (): void {
    this.#candidates.length = this.#first
    this.#last = this.#candidates.at(-1) ?? null
    this.#hasDropped = true
  }

  #writeRun (): void {
    try {
      this.#spill ??= openSpill()
      const bytes = Buffer.from(this.#candidates.map(candidate => JSON.stringify(candidate) + '\n').join(''))
      for (let written = 0; written < bytes.length;) written += writeSync(this.#spill.descriptor, bytes, written, null, this.#end + written)
      this.#runs.push({ start: this.#end, end: this.#end + bytes.length })
      this.#end += bytes.length
      this.#candidates = []
    } catch (cause) {
      throw new CommandError(`So many sessions are sorted in ${tmpdir()}, which failed (${reasonOf(cause)}); add --limit 100, or --sort none.`)
    }
  }

  * #readRun ({ start, end }: { readonly start: number, readonly end: number }): Generator<Candidate, void, undefined> {
    let rest = Buffer.alloc(0)
    for (let position = start; position < end;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkSize, end - position))
      const length = readSync(this.#spill!.descriptor, chunk, 0, chunk.length, position)
      position += length
      const bytes = Buffer.concat([rest, chunk.subarray(0, length)])
      const lastLine = bytes.lastIndexOf(10) + 1
      rest = Buffer.from(bytes.subarray(lastLine))
      for (const line of bytes.toString('utf8', 0, lastLine).split('\n')) {
        if (line !== '') yield JSON.parse(line) as Candidate
      }
    }
  }
}

function openSpill () {
  // A new directory, so that no other user can put a file in its place.
  const directory = mkdtempSync(join(tmpdir(), 'file-sessions-'))
  return { directory, descriptor: openSync(join(directory, 'sorted'), 'wx+', 0o600) }
}

function compareKeys (one: Candidate, other: Candidate): number {
  return one.key < other.key ? -1 : one.key > other.key ? 1 : one.id < other.id ? -1 : one.id > other.id ? 1 : 0
}

function * merge (sources: ReadonlyArray<Iterator<Candidate, void>>, compare: (one: Candidate, other: Candidate) => number): Generator<Candidate, void, undefined> {
  const heads = sources.map(source => ({ source, next: source.next() }))
  for (;;) {
    let first: typeof heads[number] | null = null
    for (const head of heads) {
      if (head.next.done !== true && (first === null || compare(head.next.value, first.next.value as Candidate) < 0)) first = head
    }
    if (first === null) return
    yield first.next.value as Candidate
    first.next = first.source.next()
  }
}
