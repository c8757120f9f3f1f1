/** One of many operations of the same kind. */
export type Operation = (callback: (error?: unknown) => void) => void

// A server returns to the event loop between requests. Operations that call back
// synchronously must do so too, or timers and I/O of the same process wait.
const operationsPerTurn = 64

/**
 * Runs `operation` `count` times, `inFlight` at a time: when one calls back, the next starts.
 * Resolves to the milliseconds that all of them took; rejects with the first error.
 */
export function drive (operation: Operation, count: number, inFlight: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    let started = 0
    let finished = 0
    for (let lane = 0; lane < Math.min(inFlight, count); lane++) proceed()

    function proceed (): void {
      for (let turn = 0; turn < operationsPerTurn; turn++) {
        if (started === count) return
        started++
        let isSync = true
        let isDone = false
        operation(error => {
          if (error) return reject(error)
          if (++finished === count) return resolve(performance.now() - start)
          if (isSync) isDone = true
          else proceed()
        })
        isSync = false
        if (!isDone) return
      }
      setImmediate(proceed)
    }
  })
}
