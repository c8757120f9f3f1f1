import { availableParallelism, cpus } from 'node:os'
import { fileSystemOf } from './file-systems.ts'

/** What a section's figures depend on. */
export interface Circumstances {
  /** The day of the measurement, YYYY-MM-DD. */
  readonly date: string
  readonly node: string
  readonly platform: string
  readonly processor: string
  readonly cores: number
  readonly fileSystem: string
}

/** This machine, and the file system that holds `directory`. */
export function circumstancesOf (directory: string): Circumstances {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    fileSystem: fileSystemOf(directory)
  }
}
