import { Command } from 'commander'
import { confirm } from '../ask.ts'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { pruneSessions, removeSession, type PruneReport } from '../../index.ts'
import { CommandError, reasonOf, status, type Status } from '../exit.ts'
import { countSessions, statOf } from '../files.ts'
import { formatBytes, formatCount, formatDuration, plural, relativeTime } from '../format.ts'
import type { Inspected } from '../inspect.ts'
import { Progress } from '../progress.ts'
import { survey } from '../survey.ts'
import { Table } from '../table.ts'

// So many of the files that are about to be removed are shown.
const shown = 20

interface PruneFlags {
  readonly dryRun?: boolean
  readonly unreadable?: boolean
  readonly foreign?: boolean
  readonly yes?: boolean
}

interface Doomed {
  readonly file: string
  readonly name: string
  readonly why: string
  readonly stats: { readonly ino: number, readonly ctimeMs: number, readonly size: number }
  readonly lastUsedAt: number
}

/** The command `prune`: removes what has expired, and on request what holds no session. */
export function pruneCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('prune')
    .summary('remove what has expired')
    .description('Removes sessions that expired more than a minute ago, and temporary files that a dead process left. A running server does so by itself every hour.')
    .argument('[directory]', 'the session directory')
    .option('--dry-run', 'only say what would be removed')
    .option('--unreadable', 'also remove files that cannot be read as a session; shows them and asks')
    .option('--foreign', 'also remove JSON files that are no session; shows them and asks')
    .option('-y, --yes', 'do not ask'))
    .action(async (directory: string | undefined, flags: PruneFlags, command: Command) => {
      const context = contextOf(command, terminal, directory)
      const pruned = await prune(context, flags)
      const wantsMore = flags.unreadable === true || flags.foreign === true
      finish(pruned === status.interrupted || !wantsMore ? pruned : worst(pruned, await pruneOthers(context, flags)))
    })
}

async function prune (context: Context, { dryRun = false, unreadable, foreign }: PruneFlags): Promise<Status> {
  const { directory, extension, ttl, secrets, err, signal } = context
  const progress = new Progress(err, dryRun ? 'Looking' : 'Pruning', err.isTerminal ? await countSessions(directory, context) : 0)
  let failed = 0
  const result = await pruneSessions(directory, {
    extension,
    ...(ttl !== undefined && { ttl }),
    ...(secrets.length > 0 && { secret: secrets }),
    dryRun,
    signal,
    onProgress: ({ scanned }) => progress.update(scanned),
    onFailure: ({ file, cause }) => {
      failed++
      progress.clear()
      context.note(`${file} could not be removed: ${reasonOf(cause)}.`)
    }
  })
  progress.clear()
  if (result.isErr()) throw new CommandError(`Pruning ${directory} failed: ${reasonOf(result.error.cause)}; what was removed until then is gone.`)
  await context.out.line(sentenceOf(result.value, dryRun, unreadable !== true && foreign !== true))
  await context.out.flush()
  if (signal.aborted) context.note('Interrupted: the other files were not looked at.')
  return signal.aborted ? status.interrupted : failed > 0 ? status.failed : status.done
}

function sentenceOf ({ scanned, removed, kept, unreadable, foreign, temporary, durationMs }: PruneReport, dryRun: boolean, hasHint: boolean): string {
  const parts = [
    `${dryRun ? 'Would remove' : 'Removed'} ${formatCount(removed)} of ${plural(scanned, 'session')}${dryRun ? '' : ` in ${formatDuration(durationMs)}`}`,
    `${formatCount(kept)} live`
  ]
  if (temporary > 0) parts.push(`${plural(temporary, 'temporary file')} ${dryRun ? 'would go too' : 'removed too'}`)
  if (unreadable > 0) parts.push(`${formatCount(unreadable)} unreadable`)
  if (foreign > 0) parts.push(`${formatCount(foreign)} foreign`)
  const hint = hasHint && unreadable + foreign > 0 ? "; 'file-sessions doctor' says what the others are" : ''
  return `${parts.join(', ')}${hint}.`
}

async function pruneOthers (context: Context, flags: PruneFlags): Promise<Status> {
  const doomed = await findOthers(context, flags)
  if (context.signal.aborted) return interrupted(0, context)
  if (doomed.length === 0) {
    context.note('There is no other file to remove.')
    return status.done
  }
  await show(doomed, context)
  if (flags.dryRun === true) return status.done
  const answer = await confirm(`Remove ${doomed.length === 1 ? 'this file' : `these ${formatCount(doomed.length)} files`} for good?`, context.err, flags.yes)
  if (answer === null) return interrupted(0, context)
  if (!answer) {
    context.note('They stay.')
    return status.failed
  }
  return await removeAll(doomed, context)
}

async function findOthers (context: Context, flags: PruneFlags): Promise<readonly Doomed[]> {
  const doomed: Doomed[] = []
  await survey(context, 'Looking', inspected => {
    const why = whyDoomed(inspected, flags, context)
    if (why !== null) doomed.push({ ...inspected, why })
  })
  return doomed
}

// What is encrypted under a secret that was not given is somebody's session: it only counts as unreadable where secrets
// were given, and none of them decrypts it. What the file system did not show is not judged.
function whyDoomed (inspected: Inspected, { unreadable, foreign }: PruneFlags, { secrets }: Context): string | null {
  switch (inspected.kind) {
    case 'session': return foreign === true && inspected.isForeign ? 'it is JSON without a cookie' : null
    case 'foreign': return foreign === true ? inspected.reason : null
    case 'unreadable': return unreadable === true ? inspected.reason : null
    case 'locked': return unreadable === true && secrets.length > 0 ? inspected.reason : null
    case 'refused': return null
  }
}

async function show (doomed: readonly Doomed[], { out }: Context): Promise<void> {
  const table = new Table(out, [{ title: 'FILE', format: 'cyan' }, { title: 'CHANGED' }, { title: 'SIZE', align: 'right' }, { title: 'WHY' }])
  for (const { name, why, stats, lastUsedAt } of doomed.slice(0, shown)) {
    await table.row([name, relativeTime(lastUsedAt, Date.now()), formatBytes(stats.size), why])
  }
  await table.end()
  if (doomed.length > shown) await out.line(`and ${plural(doomed.length - shown, 'other', 'others')}`)
  await out.flush()
}

async function removeAll (doomed: readonly Doomed[], context: Context): Promise<Status> {
  let removed = 0
  let failed = 0
  for (const { file, stats } of doomed) {
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

function worst (one: Status, other: Status): Status {
  return Math.max(one, other) as Status
}
