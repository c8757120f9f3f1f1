import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Driver, DriverOptions, Operation, Reply } from './driver.ts'
import type { DriverMessage } from './driver-process.ts'

/** Performs operations on a store in another process. */
export class ProcessDriver implements Driver {
  readonly #child: ChildProcess

  constructor (options: DriverOptions) {
    this.#child = fork(fileURLToPath(new URL('driver-process.ts', import.meta.url)), [JSON.stringify(options)], {
      serialization: 'advanced', execArgv: ['--import', 'tsx']
    })
  }

  /** Opens a new store on `directory`. */
  async open (directory: string): Promise<void> {
    await this.#send({ type: 'open', directory })
  }

  async perform (operation: Operation, now: number): Promise<Reply> {
    return await this.#send({ type: 'perform', operation, now }) as Reply
  }

  async end (): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  async #send (message: DriverMessage): Promise<unknown> {
    const listeners = new AbortController()
    try {
      const { signal } = listeners
      const reply = once(this.#child, 'message', { signal }).then(([reply]) => reply as unknown)
      const exited = once(this.#child, 'exit', { signal }).then(([code]) => { throw new Error(`the driver process ended with ${code}`) })
      this.#child.send(message)
      return await Promise.race([reply, exited])
    } finally {
      listeners.abort()
    }
  }
}
