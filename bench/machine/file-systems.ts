import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Workspace } from './workspace.ts'

/** The file systems that are compared; `directory` is the one that holds the benchmark's directory. */
export const fileSystemNames = ['directory', 'xfs', 'btrfs', 'noauto_da_alloc', 'tmpfs'] as const

export type FileSystemName = typeof fileSystemNames[number]

/** A file system that is ready for use. */
export interface FileSystem {
  /** Its name in tables. */
  readonly label: string
  readonly directory: string
}

/** A file system, or the reason why it cannot be used on this machine. */
export type MountResult = FileSystem | { readonly reason: string }

interface LoopMount {
  readonly label: string
  readonly mkfs: readonly string[]
  /** The Debian package that contains the mkfs program. */
  readonly packageName: string
  readonly options: string
}

const loopMounts: Readonly<Record<Exclude<FileSystemName, 'directory' | 'tmpfs'>, LoopMount>> = {
  xfs: { label: 'XFS', mkfs: ['mkfs.xfs', '-q'], packageName: 'xfsprogs', options: 'loop' },
  btrfs: { label: 'btrfs', mkfs: ['mkfs.btrfs', '-q'], packageName: 'btrfs-progs', options: 'loop' },
  noauto_da_alloc: {
    label: 'ext4, noauto_da_alloc',
    // Otherwise the kernel initializes the inode tables in the background during the measurement.
    mkfs: ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
    packageName: 'e2fsprogs',
    options: 'loop,noauto_da_alloc'
  }
}

// The types of statfs(2) that are likely to hold sessions.
const typeNames = new Map([
  [0xef53, 'ext4'], [0x58465342, 'XFS'], [0x9123683e, 'btrfs'], [0x01021994, 'tmpfs'], [0x794c7630, 'overlayfs'], [0x6969, 'NFS'], [0x2fc12fc1, 'ZFS'], [0x1a, 'APFS']
])

// In bytes; the image is sparse, so it takes what the sessions take.
const imageSize = 4 * 2 ** 30

/** The name of the file system that holds `directory`. */
export function fileSystemOf (directory: string): string {
  const { type } = statfsSync(directory)
  return typeNames.get(type) ?? `0x${type.toString(16)}`
}

/** Provides an empty directory on a file system. Loop mounts need root; the workspace unmounts them. */
export function mountFileSystem (name: FileSystemName, workspace: Workspace): MountResult {
  const directory = join(workspace.directory, `on-${name}`)
  mkdirSync(directory)
  if (name === 'directory') return { label: fileSystemOf(directory), directory }
  if (process.platform !== 'linux') return { reason: 'only on Linux' }
  return name === 'tmpfs' ? mountTmpfs(directory, workspace) : mountLoop(loopMounts[name], directory, workspace)
}

function mountLoop ({ label, mkfs: [mkfs = '', ...args], packageName, options }: LoopMount, directory: string, workspace: Workspace): MountResult {
  if (process.getuid?.() !== 0) return { reason: 'mounting needs root' }
  const image = `${directory}.img`
  writeFileSync(image, '')
  truncateSync(image, imageSize)
  const reason = run(mkfs, [...args, image]) ?? run('mount', ['-o', options, image, directory])
  if (reason === 'not found') return { reason: `${mkfs} is not installed (Debian package ${packageName})` }
  if (reason !== null) return { reason }
  workspace.onDispose(() => unmount(directory))
  return { label, directory }
}

function mountTmpfs (directory: string, workspace: Workspace): MountResult {
  if (process.getuid?.() === 0 && run('mount', ['-t', 'tmpfs', 'tmpfs', directory]) === null) {
    workspace.onDispose(() => unmount(directory))
    return { label: 'tmpfs', directory }
  }
  const shared = '/dev/shm'
  try {
    if (fileSystemOf(shared) !== 'tmpfs') return { reason: `${shared} is no tmpfs, and mounting needs root` }
    const temporary = mkdtempSync(join(shared, 'sessions-'))
    workspace.onDispose(() => rmSync(temporary, { recursive: true, force: true }))
    return { label: 'tmpfs', directory: temporary }
  } catch (cause) {
    return { reason: (cause as Error).message }
  }
}

// A process that has not ended yet keeps a mount busy; `-l` detaches it when that process ends.
function unmount (directory: string): void {
  if (run('umount', [directory]) !== null) run('umount', ['-l', directory])
}

// `null` on success, or why it failed.
function run (command: string, args: readonly string[]): string | null {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    return null
  } catch (cause) {
    const { code, stderr } = cause as NodeJS.ErrnoException & { stderr?: Buffer }
    return code === 'ENOENT' ? 'not found' : `${command}: ${stderr?.toString().trim().split('\n').at(-1) ?? ''}`
  }
}
