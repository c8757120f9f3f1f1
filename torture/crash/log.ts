import { ensure } from '../trial.ts'

/** What a change left of its session: which one it is, or `null` for none. */
export type State = string | null

/** A change that a killed process had begun. */
export interface Change {
  readonly id: string
  readonly number: string
  readonly state: State
}

/** What a killed process had logged. */
export interface WriterLog {
  /** All changes that were begun, in order. */
  readonly changes: readonly Change[]
  /** The numbers of those whose callback had run. */
  readonly acknowledged: ReadonlySet<string>
}

/** The name of a numbered session. */
export function stateOf (number: string | number, seed: string | number): State {
  return `${number} of ${seed}`
}

/** Reads the log of `writer-process.ts`. Throws when a change failed. */
export function parseLog (text: string): WriterLog {
  const changes: Change[] = []
  const acknowledged = new Set<string>()
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.split(' ')
    if (word === 'set' || word === 'destroy') {
      const [id = '', number = '', seed = ''] = rest
      changes.push({ id, number, state: word === 'set' ? stateOf(number, seed) : null })
    }
    if (word === 'done') acknowledged.add(rest.join(' '))
    ensure(word !== 'failed', `a change failed: ${line}`)
  }
  return { changes, acknowledged }
}
