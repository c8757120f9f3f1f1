import { basename } from 'node:path'
import type { ReadFailure } from '../errors.ts'
import type { Disk } from '../fs/disk.ts'
import { listSession, listSessions, type ListedSession, type ListOptions, type UnwrittenChanges } from '../list.ts'
import { sessionFile, sessionId } from '../path.ts'
import { isExpired } from '../session/expiry.ts'
import type { OwnerIndex } from './owner-index.ts'

/** How the sessions of an owner are listed. */
export interface ListOwnerOptions extends ListOptions, UnwrittenChanges {
  readonly index: OwnerIndex
  readonly disk: Disk
  /** Called, besides `onFailure`, for each session that may be the owner's and could not be read. */
  readonly onUnread?: (id: string, failure: ReadFailure) => void
}

/**
 * The sessions of `owner`, as `listSessions` gives them. Each is compared with what its pointer says. A pointer is removed
 * when its session does not exist or has another owner, and kept when the session could not be read. Until the index is
 * complete the sessions of all owners are read.
 */
export async function * listOwner (directory: string, owner: string, options: ListOwnerOptions): AsyncGenerator<ListedSession, void, undefined> {
  if (await options.index.completeness.isComplete()) yield * listByPointers(directory, owner, options)
  else yield * listByScan(directory, owner, options)
}

// The owner of a session that cannot be read or decrypted is unknown: it may be this one. A file that is not a session has
// no owner, unless there is a pointer to it.
async function * listByScan (directory: string, owner: string, options: ListOwnerOptions): AsyncGenerator<ListedSession, void, undefined> {
  const { index, onFailure, onUnread } = options
  const pointers = await index.ids(owner).catch(() => new Set<string>())
  const report = (failure: ReadFailure) => {
    onFailure?.(failure)
    const id = sessionId(basename(failure.file), options)!
    if (failure.type !== 'malformed' || pointers.has(id)) onUnread?.(id, failure)
  }
  for await (const listed of listSessions(directory, { ...options, onFailure: report })) {
    if (index.ownerOf(listed.session) === owner) yield listed
  }
}

async function * listByPointers (directory: string, owner: string, options: ListOwnerOptions): AsyncGenerator<ListedSession, void, undefined> {
  const { index, unwritten, expired = false } = options
  for (const [id, file] of await candidates(directory, owner, options)) {
    const found = await findOwned(id, file, owner, options)
    if (typeof found === 'object') {
      if (expired || !isExpired(found.expiresAt.getTime(), options)) yield found
    } else if (found === 'none' && !unwritten?.mutationOf(file)) {
      await index.removeStale(owner, id, async () => await findOwned(id, file, owner, options) === 'none')
    }
  }
}

// The ids that may be the owner's, and their files. The owners of sessions that are not written yet are unknown until these
// are loaded.
async function candidates (directory: string, owner: string, { index, unwritten, ...options }: ListOwnerOptions): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const id of await index.ids(owner)) files.set(id, sessionFile(directory, id, options).unwrapOr(''))
  for (const file of unwritten?.files() ?? []) {
    const id = sessionId(basename(file), options)
    if (id !== null) files.set(id, file)
  }
  return files
}

// The session, expired or not; 'none' when it does not exist or is another owner's.
async function findOwned (id: string, file: string, owner: string, options: ListOwnerOptions): Promise<ListedSession | 'none' | 'unread'> {
  const { index, onFailure, onUnread } = options
  let isUnread = false
  const report = (failure: ReadFailure) => {
    isUnread = true
    onFailure?.(failure)
    onUnread?.(id, failure)
  }
  const listed = file === '' ? null : await listSession(id, file, { ...options, expired: true, onFailure: report })
  if (isUnread) return 'unread'
  return listed !== null && index.ownerOf(listed.session) === owner ? listed : 'none'
}
