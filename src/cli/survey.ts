import { sessionEntries } from './files.ts'
import type { Context } from './context.ts'
import type { Inspected } from './inspect.ts'
import { countSessions } from './files.ts'
import { Progress } from './progress.ts'

/**
 * Inspects each session file of a directory, one after the other, with a progress bar on a terminal. Ends early when the
 * context is interrupted. Resolves to the number of files.
 */
export async function survey (context: Context, label: string, visit: (inspected: Inspected) => Promise<void> | void): Promise<number> {
  const { directory, err, inspector, signal } = context
  const progress = new Progress(err, label, err.isTerminal ? await countSessions(directory, context) : 0)
  let count = 0
  try {
    for await (const entries of sessionEntries(directory, context)) {
      for (const entry of entries) {
        if (signal.aborted) return count
        progress.update(count)
        const inspected = await inspector.inspect(entry)
        if (inspected === null) continue
        count++
        await visit(inspected)
      }
    }
  } finally {
    progress.clear()
  }
  return count
}
