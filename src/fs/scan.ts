import type { Dirent } from 'node:fs'
import type { FsCalls } from './node.ts'
import { isNotFound } from './errno.ts'

// The names that one call through the thread pool reads.
const batchSize = 256

// File systems in which a name keeps its place in the directory when another file is renamed over it, by the numbers of
// statfs(2): ext2 to ext4, and XFS. In tmpfs and btrfs the name moves, and a scan may miss it or find it twice.
const withStableNames = new Set([0xEF53, 0x58465342])

// Each finds the names that those before have missed. Only a name that moves during every one of them is not found.
const maxPasses = 10

type IsWanted = (entry: Dirent) => boolean

type ScanCalls = Pick<FsCalls, 'openDirectory' | 'fileSystemType'>

/**
 * The names of the regular files in `directory`, or of the entries that `isWanted`, each once, in batches; symbolic links are
 * left out. A file that exists during the whole scan is found, however often another one is renamed over it. A missing
 * directory has none. On file systems where names move, all names are read first, which takes about 100 bytes of memory
 * for each.
 *
 * Throws the system's error when the directory cannot be read.
 */
export async function * scanDirectory (directory: string, calls: ScanCalls, isWanted: IsWanted = entry => entry.isFile()): AsyncGenerator<readonly string[], void, undefined> {
  try {
    if (await hasStableNames(directory, calls)) yield * readNames(directory, calls, isWanted)
    else yield * batchesOf(await readAllNames(directory, calls, isWanted))
  } catch (cause) {
    if (!isNotFound(cause)) throw cause
  }
}

async function hasStableNames (directory: string, calls: ScanCalls): Promise<boolean> {
  // NTFS keeps its names in their order. Where the type cannot be told, names may move.
  return process.platform === 'win32' || withStableNames.has(await calls.fileSystemType(directory).catch(() => 0))
}

async function * readNames (directory: string, calls: ScanCalls, isWanted: IsWanted): AsyncGenerator<readonly string[], void, undefined> {
  const entries = await calls.openDirectory(directory, batchSize)
  let names: string[] = []
  for await (const entry of entries) {
    if (isWanted(entry)) names.push(entry.name)
    if (names.length < batchSize) continue
    yield names
    names = []
  }
  if (names.length > 0) yield names
}

async function readAllNames (directory: string, calls: ScanCalls, isWanted: IsWanted): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (let pass = 0, before = -1; pass < maxPasses && found.size > before; pass++) {
    before = found.size
    for await (const names of readNames(directory, calls, isWanted)) for (const name of names) found.add(name)
  }
  return found
}

function * batchesOf (names: Iterable<string>): Generator<readonly string[], void, undefined> {
  let batch: string[] = []
  for (const name of names) {
    batch.push(name)
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
