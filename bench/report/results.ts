import { readFileSync } from 'node:fs'
import type { HttpResults } from '../http/http.ts'
import type { Circumstances } from '../machine/circumstances.ts'
import type { ProcessResults } from '../process/process.ts'
import type { PruneCell } from '../prune/prune.ts'
import type { ScaleResults } from '../scale/scale.ts'

/** A section's figures and what they depend on. Only figures of one section can be compared. */
export interface Measured<Found> {
  readonly circumstances: Circumstances
  readonly found: Found
}

/** Everything that was measured, as `results.json` holds it. */
export interface Results {
  readonly http?: Measured<HttpResults>
  readonly process?: Measured<ProcessResults>
  readonly scale?: Measured<ScaleResults>
  readonly prune?: Measured<readonly PruneCell[]>
}

/** The results of earlier runs; empty when there are none. */
export function readResults (file: string): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

/** The results as JSON: four significant digits, and one line for the values of all rounds. */
export function serializeResults (results: Results): string {
  const text = JSON.stringify(results, (_key, value: unknown) => typeof value === 'number' ? Number(value.toPrecision(4)) : value, 1)
  return text.replace(/\[[\s\d.,e+-]+\]/g, numbers => numbers.replace(/\s+/g, ' ')) + '\n'
}
