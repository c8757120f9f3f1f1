import { watch, type FSWatcher } from 'node:fs'

/**
 * Calls `onName` with the name of each file in `directory` that changes, in any process of this machine. Returns what
 * stops that.
 *
 * It is a hint only: where the system cannot watch (a network file system, no watches left), nothing is called, and the
 * next scan finds the change.
 */
export function watchNames (directory: string, onName: (name: string) => void): () => void {
  let watcher: FSWatcher
  try {
    watcher = watch(directory, { persistent: false }, (_event, name) => {
      if (name !== null) onName(name)
    })
  } catch {
    return () => {}
  }
  // The directory was removed, or the system is out of watches.
  watcher.on('error', () => watcher.close())
  return () => watcher.close()
}
