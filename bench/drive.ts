/** One operation of many. */
export type Operation = (done: (error?: unknown) => void) => void

// A server goes back to the event loop between requests. An operation that
// answers at once must do so too, or nothing that others wait for gets its turn.
const atOnce = 64

/**
 * Runs `count` operations, `inFlight` of them at a time: when one is done, the
 * next begins. Gives the milliseconds that all took; rejects with the first
 * failure.
 */
export function drive (operation: Operation, count: number, inFlight: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    let begun = 0
    let ended = 0
    for (let lane = 0; lane < Math.min(inFlight, count); lane++) proceed()

    function proceed (): void {
      for (let turn = 0; turn < atOnce; turn++) {
        if (begun === count) return
        begun++
        let isNow = true
        let isDone = false
        operation(error => {
          if (error) return reject(error)
          if (++ended === count) return resolve(performance.now() - start)
          if (isNow) isDone = true
          else proceed()
        })
        isNow = false
        if (!isDone) return
      }
      setImmediate(proceed)
    }
  })
}
