import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A temporary directory for the files of one run, and whatever else must be undone at its end, even after an interrupt. */
export class Workspace {
  readonly directory: string
  readonly #undo: Array<() => void> = []

  constructor (parent: string) {
    mkdirSync(parent, { recursive: true })
    this.directory = mkdtempSync(join(parent, '.sessions-'))
    for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
      process.once(signal, () => {
        this.dispose()
        process.exit(status)
      })
    }
  }

  /** Registers what `dispose` must undo; the last comes first. */
  onDispose (undo: () => void): void {
    this.#undo.push(undo)
  }

  /** Undoes everything and removes the directory. */
  dispose (): void {
    for (const undo of this.#undo.splice(0).reverse()) undo()
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }
}
