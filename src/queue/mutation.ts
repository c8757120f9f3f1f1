import type { SessionText } from '../session/session-text.ts'
import { applyStep, isSameState, textOf, type OnMerge, type SessionState, type Step } from './step.ts'

/** Mutations that were accepted and are not in the files yet. */
export interface UnwrittenMutations {
  files (): string[]
  mutationOf (file: string): Mutation | null
}

// In bytes, about: the objects of a step besides its text (measured).
const stepOverhead = 1_200

/** What the first steps of a mutation made of a state. */
interface Applied {
  readonly from: SessionState
  readonly to: SessionState
  /** The number of these steps. */
  readonly count: number
  /** The conflicting keys of each merge. */
  readonly merges: ReadonlyArray<readonly string[]>
}

/** The changes of one session that are applied together, in their order. */
export class Mutation {
  readonly steps: readonly Step[]
  /** Steps of live sessions that later ones made superfluous. When the mutation has been applied they count as applied. */
  readonly #superseded: readonly Step[]
  /** Remembered: a session with pending changes is read after each of them. */
  #applied: Applied | null

  private constructor (steps: readonly Step[], superseded: readonly Step[], applied: Applied | null = null) {
    this.steps = steps
    this.#superseded = superseded
    this.#applied = applied
  }

  /** The mutation of a single step. */
  static of (step: Step): Mutation {
    return new Mutation([step], [])
  }

  /** The memory that it takes, in bytes, about. */
  get bytes (): number {
    return [...this.#superseded, ...this.steps]
      .reduce((sum, step) => sum + stepOverhead + ('snapshot' in step ? 2 * step.snapshot.canonical.length : 0), 0)
  }

  /** Whether the content that it leaves does not depend on what was there before. */
  get isAbsolute (): boolean {
    return this.steps[0]?.type === 'remove' || this.steps[0]?.type === 'replace'
  }

  /** Whether all it does is to end the session. */
  get isRemoval (): boolean {
    return this.steps[0]?.type === 'remove' && this.applyTo(null) === null
  }

  /** This mutation, which has not been applied yet, and then `step`. */
  coalesce (step: Step): Mutation {
    if (step.type === 'remove' || step.type === 'replace') return new Mutation([step], [...this.#superseded, ...this.steps.filter(superseded => 'base' in superseded)])
    const kept = isRepetition(step, this.steps.at(-1)) ? this.steps.slice(0, -1) : this.steps
    return new Mutation([...kept, step], this.#superseded, this.#applied !== null && this.#applied.count <= kept.length ? this.#applied : null)
  }

  /** This mutation and then `later`. */
  concat (later: Mutation): Mutation {
    const all = later.steps.reduce((mutation: Mutation, step) => mutation.coalesce(step), this)
    return new Mutation(all.steps, [...all.#superseded, ...later.#superseded], all.#applied)
  }

  /** The state of a session after this mutation; `null`: it does not exist. */
  applyTo (state: SessionState, onMerge?: OnMerge): SessionState {
    const known = this.#applied
    let { to, count, merges } = known !== null && isSameState(known.from, state) ? known : { to: state, count: 0, merges: [] }
    for (; count < this.steps.length; count++) {
      const step = this.steps[count] as Step
      to = applyStep(step, to, this.#baseOf(step, count), keys => { merges = [...merges, keys] })
    }
    this.#applied = { from: state, to, count, merges }
    for (const keys of merges) onMerge?.(keys)
    return to
  }

  /** To be called when this mutation has been applied: what its sessions saved is their merge base from now on. */
  commit (): void {
    for (const step of [...this.#superseded, ...this.steps]) {
      if (!('base' in step)) continue
      const { base, snapshot } = step
      if (base.text?.canonical !== snapshot.canonical) base.text = textOf(snapshot)
      base.recordedLastUse = snapshot.lastUsedAt
    }
  }

  // A merge base moves on with each step. The bases themselves do so when the mutation has been applied: see `commit`.
  #baseOf (step: Step, index: number): SessionText | null {
    if (!('base' in step)) return null
    const isOfSame = (earlier: Step): earlier is Step & { type: 'merge' | 'replace-if-present' } => 'base' in earlier && earlier.base === step.base
    const earlier = this.steps.slice(0, index).findLast(isOfSame) ?? this.#superseded.findLast(isOfSame)
    return earlier === undefined ? step.base.text : textOf(earlier.snapshot)
  }
}

// Whether a request saves the same once more. A save that takes back what the one before has changed cannot take its place:
// what others have changed would come through.
function isRepetition (step: Step, last: Step | undefined): boolean {
  return 'base' in step && last?.type === step.type && step.base === last.base && step.snapshot.canonical === last.snapshot.canonical
}
