import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { HttpResults } from './http.ts'
import type { ProcessResults } from './process.ts'
import type { PruneCell } from './prune.ts'
import type { ScaleResults } from './scale.ts'

/** On what a section was measured. */
export interface Circumstances {
  readonly date: string
  readonly node: string
  readonly platform: string
  readonly cores: number
  readonly fileSystem: string
}

/** Each section with its circumstances: ratios hold within one section of one run. */
export interface Measured<T> { readonly on: Circumstances, readonly found: T }

/** Everything that was measured, as it is kept in results.json. */
export interface Results {
  readonly process?: Measured<ProcessResults>
  readonly http?: Measured<HttpResults>
  readonly scale?: Measured<ScaleResults>
  readonly prune?: Measured<readonly PruneCell[]>
}

// The types that statfs(2) names, as far as people keep sessions there.
const fileSystems = new Map([
  [0xef53, 'ext4'], [0x58465342, 'XFS'], [0x9123683e, 'Btrfs'], [0x01021994, 'tmpfs'], [0x794c7630, 'overlayfs'], [0x6969, 'NFS'], [0x2fc12fc1, 'ZFS'], [0x1a, 'APFS']
])

/** This machine, as far as figures depend on it, and the file system of a directory. */
export function circumstances (directory: string): Circumstances {
  const { type } = statfsSync(directory)
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    fileSystem: fileSystems.get(type) ?? `0x${type.toString(16)}`
  }
}

/** What an earlier run left, or nothing. */
export function earlierResults (file: URL): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
