import { Command } from 'commander'
import { compareSessions } from '../../copy/compare-sessions.ts'
import { copySessions, type CopyError, type CopyReport, type ListableStore } from '../../copy/index.ts'
import { FileStore } from '../../index.ts'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { status, usageError, type Status } from '../exit.ts'
import { countSessions } from '../files.ts'
import { formatDuration, formatCount, plural } from '../format.ts'
import { Progress } from '../progress.ts'
import { addressOf, connectRedis, redisReason } from '../redis.ts'
import { printable } from '../text.ts'

interface CopyFlags {
  readonly to?: string
  readonly toEnv?: string
  readonly from?: string
  readonly fromEnv?: string
  readonly prefix: string
  readonly verify?: boolean
  readonly dryRun?: boolean
}

/** What is copied where. */
interface Copying {
  readonly source: string | ListableStore
  readonly target: ListableStore
  /** Where the sessions go, for the report. */
  readonly place: string
  /** How many files there are; 0 where that is not known. */
  readonly total: number
}

// The number of sessions that are named of those that could not be copied.
const shown = 5

/** The command `copy`: sessions from the directory into a Redis or Valkey, or back. */
export function copyCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('copy')
    .summary('copy sessions to Redis or Valkey, or back')
    .description('Copies the sessions of a directory to a Redis or Valkey, or the other way, with their expiry, while servers go on with movingStore. Expired ones stay behind; what is there already is left alone unless it was used here later. It may be repeated at any time. Uses the packages redis and connect-redis of the application.')
    .argument('[directory]', 'the session directory')
    .option('--to <url>', 'copy to the Redis or Valkey at this address, as in redis://localhost:6379/0')
    .option('--to-env <name>', 'the environment variable that holds the address, for one with a password')
    .option('--from <url>', 'copy from there to the directory')
    .option('--from-env <name>', 'the environment variable that holds that address')
    .option('--prefix <text>', "what the keys begin with, as connect-redis' option prefix", 'sess:')
    .option('--verify', 'read everything back afterwards and compare')
    .option('--dry-run', 'say what would be copied, and write nothing'))
    .action(async (directory: string | undefined, flags: CopyFlags, command: Command) => {
      finish(await copy(flags, contextOf(command, terminal, directory)))
    })
}

async function copy (flags: CopyFlags, context: Context): Promise<Status> {
  const to = addressOf('to', flags.to, flags.toEnv, context.note)
  const from = addressOf('from', flags.from, flags.fromEnv, context.note)
  const address = to ?? from
  if (address === null || (to !== null && from !== null)) throw usageError('Say where to copy: --to redis://localhost:6379/0, or --from for the other way.')
  const connection = await connectRedis(address, flags.prefix)
  try {
    return await copyAndVerify(flags, context, to === null
      ? { source: connection.store, target: storeOf(context), place: context.directory, total: 0 }
      : { source: context.directory, target: connection.store, place: connection.place, total: await countSessions(context.directory, context) })
  } finally {
    connection.close()
  }
}

async function copyAndVerify (flags: CopyFlags, context: Context, copying: Copying): Promise<Status> {
  const { source, target, total } = copying
  const dryRun = flags.dryRun === true
  const progress = new Progress(context.err, dryRun ? 'Checking' : 'Copying', total)
  const result = await copySessions(source, target, {
    ...sourceOptions(context),
    dryRun,
    signal: context.signal,
    onProgress: ({ copied, skipped, failed }) => progress.update(copied + skipped + failed)
  })
  progress.clear()
  await tell(result.match(report => report, ({ report }) => report), dryRun, context, copying)
  if (result.isErr()) return explain(result.error, context)
  if (result.value.failed > 0) {
    context.note('Repeat this to copy what failed; what is there already is not copied again.')
    return status.failed
  }
  return flags.verify === true && !dryRun ? await verify(context, copying) : status.done
}

async function tell (report: CopyReport, dryRun: boolean, { out, note }: Context, { place }: Copying): Promise<void> {
  const { copied, present, expired, ended, failures, durationMs } = report
  const others = [
    present > 0 && `${formatCount(present)} were there already`,
    expired > 0 && `${formatCount(expired)} had expired`,
    ended > 0 && `${formatCount(ended)} were ended`
  ].filter(text => text !== false)
  const what = dryRun ? `Would copy ${plural(copied, 'session')} to ${place}` : `Copied ${plural(copied, 'session')} to ${place} in ${formatDuration(durationMs)}`
  await out.line(`${[what, ...others].join('; ')}.`)
  await out.flush()
  for (const { id, cause } of failures.slice(0, shown)) note(`The session ${printable(id)} could not be copied: ${redisReason(cause)}.`)
  if (failures.length > shown) note(`${plural(failures.length - shown, 'other', 'others')} could not be copied either.`)
}

function explain ({ type, cause }: CopyError, { note }: Context): Status {
  switch (type) {
    case 'copy-aborted':
      note('Interrupted: repeat this to copy the rest.')
      return status.interrupted
    case 'target-failed':
      note(`Given up, since nothing can be written any more (${redisReason(cause)}); repeat this when that works again.`)
      return status.failed
    case 'source-failed':
      note(`The sessions cannot be listed (${redisReason(cause)}); repeat this when that works again.`)
      return status.failed
  }
}

async function verify (context: Context, { source, target, total }: Copying): Promise<Status> {
  const progress = new Progress(context.err, 'Verifying', total)
  const { same, later, missing, different } = await compareSessions(source, target, {
    ...sourceOptions(context), signal: context.signal, onProgress: count => progress.update(count)
  })
  progress.clear()
  if (context.signal.aborted) {
    context.note('Interrupted: not everything was compared.')
    return status.interrupted
  }
  await context.out.line(`Verified: ${plural(same, 'session is', 'sessions are')} the same${later > 0 ? `, ${formatCount(later)} were used there since` : ''}.`)
  await context.out.flush()
  for (const id of missing.slice(0, shown)) context.note(`The session ${printable(id)} is not there.`)
  for (const id of different.slice(0, shown)) context.note(`The session ${printable(id)} is different there.`)
  if (missing.length + different.length === 0) return status.done
  context.note(`${formatCount(missing.length)} are missing and ${formatCount(different.length)} different; repeat this.`)
  return status.failed
}

function storeOf ({ directory, ...context }: Context): FileStore {
  return new FileStore(directory, { ...sourceOptions({ directory, ...context }), pruneInterval: 0 })
}

function sourceOptions ({ extension, ttl, secrets }: Context) {
  return { extension, ...(ttl !== undefined && { ttl }), ...(secrets.length > 0 && { secret: secrets }) }
}
