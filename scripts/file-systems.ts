import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A directory on a file system, and the name of the one that it is really on: where nothing could be mounted it is another. */
export interface FileSystem {
  readonly directory: string
  readonly found: string
}

/** What `stat -f` calls the file systems whose names here are others. */
const aliases: Readonly<Record<string, string>> = { 'ext2/ext3': 'ext4' }

/**
 * Calls `use` with a directory on the file system `name` (ext4, overlayfs or tmpfs), below `place` where it can be.
 * What was mounted for it is unmounted afterwards. Needs Linux and root.
 */
export async function mountFileSystems (place: string, name: string, use: (mounted: FileSystem) => Promise<void>): Promise<void> {
  const mounts: string[] = []
  const made: string[] = []
  const directoryOf: Readonly<Record<string, () => string>> = { ext4, overlayfs, tmpfs }

  function mount (directory: string, ...parameters: string[]): string {
    execFileSync('mount', [...parameters, directory], { stdio: 'inherit' })
    mounts.unshift(directory)
    return directory
  }

  // The directory itself where that is on ext4 already.
  function ext4 (): string {
    const directory = make(place, 'ext4')
    if (nameOf(directory) === 'ext4') return directory
    const image = join(place, 'image')
    execFileSync('truncate', ['-s', '400M', image])
    execFileSync('mkfs.ext4', ['-q', image])
    return mount(directory, '-o', 'loop', image)
  }

  function overlayfs (): string {
    const layers = mount(make(place, 'layers'), '-t', 'tmpfs', 'tmpfs')
    const [lower, upper, work] = [make(layers, 'lower'), make(layers, 'upper'), make(layers, 'work')]
    return mount(make(place, 'overlay'), '-t', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, 'overlay')
  }

  function tmpfs (): string {
    const directory = mkdtempSync('/dev/shm/nodes-')
    made.push(directory)
    return directory
  }

  try {
    const directory = directoryOf[name]!()
    await use({ directory, found: nameOf(directory) })
  } finally {
    for (const directory of mounts) execFileSync('umount', [directory], { stdio: 'inherit' })
    for (const directory of made) rmSync(directory, { recursive: true, force: true })
  }
}

function make (...path: string[]): string {
  const directory = join(...path)
  mkdirSync(directory)
  return directory
}

function nameOf (directory: string): string {
  const found = execFileSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).trim()
  return aliases[found] ?? found
}
