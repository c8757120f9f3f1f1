import { removeSession } from '../index.ts'
import { confirm } from './ask.ts'
import type { Context } from './context.ts'
import { reasonOf, status, type Status } from './exit.ts'
import { statOf } from './files.ts'
import { formatBytes, formatCount, plural, relativeTime } from './format.ts'
import type { Inspected } from './inspect.ts'
import { survey } from './survey.ts'
import { Table } from './table.ts'

// The number of files that are shown before the question.
const shown = 20

/** Which files are removed, and whether. */
export interface OtherFilesFlags {
  /** Whether the files are only shown. */
  readonly dryRun?: boolean
  /** Whether files that cannot be read as a session are removed. */
  readonly unreadable?: boolean
  /** Whether JSON files without a cookie are removed. */
  readonly foreign?: boolean
  /** Whether they are removed without a question. */
  readonly yes?: boolean
}

interface OtherFile {
  readonly file: string
  readonly name: string
  readonly reason: string
  readonly stats: { readonly ino: number, readonly ctimeMs: number, readonly size: number }
  readonly lastUsedAt: number
}

/** Removes files that have the name of a session and are not certainly one. Shows them and asks first. */
export async function removeOtherFiles (context: Context, flags: OtherFilesFlags): Promise<Status> {
  const files = await findFiles(context, flags)
  if (context.signal.aborted) return interrupted(0, context)
  if (files.length === 0) {
    context.note('There is no other file to remove.')
    return status.done
  }
  await show(files, context)
  if (flags.dryRun === true) return status.done
  const answer = await confirm(`Remove ${files.length === 1 ? 'this file' : `these ${formatCount(files.length)} files`} for good?`, context.err, flags.yes)
  if (answer === null) return interrupted(0, context)
  if (!answer) {
    context.note('No file was removed.')
    return status.failed
  }
  return await removeAll(files, context)
}

async function findFiles (context: Context, flags: OtherFilesFlags): Promise<readonly OtherFile[]> {
  const files: OtherFile[] = []
  await survey(context, 'Checking', inspected => {
    const reason = reasonToRemove(inspected, flags, context)
    if (reason !== null) files.push({ ...inspected, reason })
  })
  return files
}

// A file that is encrypted under a secret that was not given is a session: it counts as unreadable only where secrets were
// given, and none of them decrypts it. A file that the file system refuses to read is kept.
function reasonToRemove (inspected: Inspected, { unreadable, foreign }: OtherFilesFlags, { secrets }: Context): string | null {
  switch (inspected.kind) {
    case 'session': return foreign === true && inspected.isForeign ? 'it is JSON without a cookie' : null
    case 'foreign': return foreign === true ? inspected.reason : null
    case 'unreadable': return unreadable === true ? inspected.reason : null
    case 'locked': return unreadable === true && secrets.length > 0 ? inspected.reason : null
    case 'refused': return null
  }
}

async function show (files: readonly OtherFile[], { out }: Context): Promise<void> {
  const table = new Table(out, [{ title: 'FILE', format: 'cyan' }, { title: 'CHANGED' }, { title: 'SIZE', align: 'right' }, { title: 'WHY' }])
  for (const { name, reason, stats, lastUsedAt } of files.slice(0, shown)) {
    await table.row([name, relativeTime(lastUsedAt, Date.now()), formatBytes(stats.size), reason])
  }
  await table.end()
  if (files.length > shown) await out.line(`and ${plural(files.length - shown, 'other', 'others')}`)
  await out.flush()
}

async function removeAll (files: readonly OtherFile[], context: Context): Promise<Status> {
  let removed = 0
  let failed = 0
  for (const { file, stats } of files) {
    if (context.signal.aborted) return interrupted(removed, context)
    const now = statOf(file)
    // A server may have written a session there meanwhile.
    if (now === null || now.ino !== stats.ino || now.ctimeMs !== stats.ctimeMs || now.size !== stats.size) continue
    const result = await removeSession(file)
    if (result.isOk()) {
      removed++
    } else {
      failed++
      context.note(`${file} could not be removed: ${reasonOf(result.error.cause)}.`)
    }
  }
  await context.out.line(`Removed ${plural(removed, 'file')}.`)
  return failed > 0 ? status.failed : status.done
}

function interrupted (removed: number, { note }: Context): Status {
  note(removed === 0 ? 'Interrupted: none of them was removed.' : `Interrupted: removed ${plural(removed, 'file')} of them.`)
  return status.interrupted
}
