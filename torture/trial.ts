import { rm } from 'node:fs/promises'
import { freshDirectory } from '../test/support.ts'
import type { Requirement } from './requirements.ts'

/** Told which fraction of a trial is done, between 0 and 1. */
export type Progress = (fraction: number) => void

/** One way of breaking the store, tried a number of times. */
export interface Trial {
  /** What the store does under it, to be read after "a store": "keeps odd ids apart". */
  readonly name: string
  /** What the machine has to offer. A trial that lacks something is skipped. */
  readonly needs?: readonly Requirement[]
  /** Runs the trial and resolves to how often it was tried. Rejects with what was wrong. */
  readonly run: (progress?: Progress) => Promise<number>
}

/** How hard to try. */
export interface Effort {
  /** The seed of the random numbers. */
  readonly seed: number
  /** The share of the long run to do: 1 is all of it. */
  readonly share: number
}

/** The body of a trial that is given an empty directory of its own. */
export type DirectoryTrial = (directory: string, progress: Progress) => Promise<number>

/** A trial in an empty directory, which is removed afterwards. */
export function directoryTrial (name: string, body: DirectoryTrial, needs: readonly Requirement[] = []): Trial {
  return { name, needs, run: (progress = () => {}) => inFreshDirectory(directory => body(directory, progress)) }
}

/** Runs `body` in an empty directory, which is removed afterwards. */
export async function inFreshDirectory<T> (body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await freshDirectory()
  try {
    return await body(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** `share` of the repetitions of the long run, at least one. */
export function repetitions (longRun: number, { share }: Effort): number {
  return Math.max(1, Math.round(longRun * share))
}

/** Throws an `Error` with `message` unless `condition` holds. */
export function ensure (condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof message === 'string' ? message : message())
}
