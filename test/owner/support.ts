import type { Completeness } from '../../src/owner/completeness.ts'
import { valueOf } from '../support.ts'

/** Makes an index complete, as a prune does that found every session at `time`. */
export async function complete (completeness: Completeness, time: number): Promise<void> {
  valueOf(await completeness.markComplete(valueOf(await completeness.beginBuild(time))))
}
