/** How many sessions are worked on at the same time by default: enough to fill a client's pipeline. */
export const defaultConcurrency = 64

/**
 * Calls `task` with each session, some at the same time, until there are no more or `isStopped` returns `true`. Rejects
 * with what the iteration throws; `task` must not reject. Calls that have begun are finished in each case.
 */
export async function eachSession<T> (sessions: AsyncIterable<T>, concurrency: number, task: (session: T) => Promise<void>, isStopped: () => boolean): Promise<void> {
  const iterator = sessions[Symbol.asyncIterator]()
  const work = async (): Promise<void> => {
    while (!isStopped()) {
      const next = await iterator.next()
      if (next.done === true) return
      await task(next.value)
    }
    await iterator.return?.()
  }
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
