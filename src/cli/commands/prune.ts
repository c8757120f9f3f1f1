import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { pruneSessions, type PruneReport } from '../../index.ts'
import { CommandError, reasonOf, status, type Status } from '../exit.ts'
import { countSessions } from '../files.ts'
import { formatCount, formatDuration, plural } from '../format.ts'
import { Progress } from '../progress.ts'
import { removeOtherFiles, type OtherFilesFlags } from '../other-files.ts'

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
    .action(async (directory: string | undefined, flags: OtherFilesFlags, command: Command) => {
      const context = contextOf(command, terminal, directory)
      const pruned = await prune(context, flags)
      const wantsMore = flags.unreadable === true || flags.foreign === true
      finish(pruned === status.interrupted || !wantsMore ? pruned : worst(pruned, await removeOtherFiles(context, flags)))
    })
}

async function prune (context: Context, { dryRun = false, unreadable, foreign }: OtherFilesFlags): Promise<Status> {
  const { directory, extension, ttl, secrets, err, signal } = context
  const progress = new Progress(err, dryRun ? 'Checking' : 'Pruning', err.isTerminal ? await countSessions(directory, context) : 0)
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
  if (signal.aborted) context.note('Interrupted: the other files were not checked.')
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

function worst (one: Status, other: Status): Status {
  return Math.max(one, other) as Status
}
