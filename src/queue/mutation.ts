import type { MergeBase } from '../session/merge-base.ts'
import type { SessionText } from '../session/session-text.ts'
import { applyStep, textOf, type OnMerge, type SessionState, type Step } from './step.ts'

/** Mutations that were accepted and are not in the files yet. */
export interface UnwrittenMutations {
  files (): string[]
  mutationOf (file: string): Mutation | null
}

// In bytes, about: the objects of a step besides its text (measured).
const stepOverhead = 1_200

/** The changes of one session that are applied together, in their order. */
export class Mutation {
  readonly steps: readonly Step[]
  /** Steps of live sessions that later ones made superfluous. When the mutation has been applied they count as applied. */
  readonly #superseded: readonly Step[]

  private constructor (steps: readonly Step[], superseded: readonly Step[]) {
    this.steps = steps
    this.#superseded = superseded
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
    return new Mutation([...isRepetition(step, this.steps.at(-1)) ? this.steps.slice(0, -1) : this.steps, step], this.#superseded)
  }

  /** This mutation and then `later`. */
  concat (later: Mutation): Mutation {
    const all = later.steps.reduce((mutation: Mutation, step) => mutation.coalesce(step), this)
    return new Mutation(all.steps, [...all.#superseded, ...later.#superseded])
  }

  /** The state of a session after this mutation; `null`: it does not exist. */
  applyTo (state: SessionState, onMerge?: OnMerge): SessionState {
    // A base moves on with each step. The bases themselves do so when the mutation has been applied: see `commit`.
    const bases = new Map<MergeBase, SessionText>()
    for (const step of this.#superseded) if ('base' in step) bases.set(step.base, textOf(step.snapshot))
    for (const step of this.steps) {
      state = applyStep(step, state, bases, onMerge)
      if ('base' in step) bases.set(step.base, textOf(step.snapshot))
    }
    return state
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
}

// Whether a request saves the same once more. A save that takes back what the one before has changed cannot take its place:
// what others have changed would come through.
function isRepetition (step: Step, last: Step | undefined): boolean {
  return 'base' in step && last?.type === step.type && step.base === last.base && step.snapshot.canonical === last.snapshot.canonical
}
