/**
 * What became of one session of the source. `copied`: it was written to the target. `present`: the target had it
 * already, as it is or as a later use left it. `expired`: it stayed behind. `ended`: it was logged out before or while
 * it was copied, and the target does not have it. `failed`: it could not be read or written.
 */
export type CopyOutcome = 'copied' | 'present' | 'expired' | 'ended' | 'failed'

/** A session that could not be copied, and why. The source still has it. */
export interface CopyFailure { readonly id: string, readonly cause: unknown }

/** How far a copy is: how many sessions had which outcome. */
export interface CopyProgress extends Readonly<Record<CopyOutcome, number>> {
  /** How many were not copied because there was no need: those `present`, `expired` and `ended`. */
  readonly skipped: number
}

/** What a copy came to. */
export interface CopyReport extends CopyProgress {
  /** The sessions that could not be copied. */
  readonly failures: readonly CopyFailure[]
  /** How long it took, in milliseconds. */
  readonly durationMs: number
}

/** Counts the outcomes of a copy. */
export class CopyTally {
  readonly #count = { copied: 0, present: 0, expired: 0, ended: 0, failed: 0 }
  readonly #failures: CopyFailure[] = []
  readonly #startedAt = performance.now()

  /** Counts a session with this outcome. */
  add (outcome: Exclude<CopyOutcome, 'failed'>): void {
    this.#count[outcome]++
  }

  /** Counts a session that could not be copied. */
  fail (failure: CopyFailure): void {
    this.#count.failed++
    this.#failures.push(failure)
  }

  /** The counts so far. */
  get progress (): CopyProgress {
    const { present, expired, ended } = this.#count
    return { ...this.#count, skipped: present + expired + ended }
  }

  /** The report so far. */
  get report (): CopyReport {
    return { ...this.progress, failures: [...this.#failures], durationMs: performance.now() - this.#startedAt }
  }
}
