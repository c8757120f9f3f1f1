import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { status, type Status } from '../exit.ts'
import { formatBytes, formatCount, formatDuration } from '../format.ts'
import { Histogram } from '../histogram.ts'
import type { Inspected } from '../inspect.ts'
import { survey } from '../survey.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const ages = [minute, 10 * minute, hour, 6 * hour, day, 7 * day, 14 * day, 30 * day, 90 * day]
const sizes = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 64_000, 256_000, 1_000_000]

interface Statistics {
  files: number
  live: number
  expired: number
  encrypted: number
  foreign: number
  unreadable: number
  locked: number
  bytes: number
  readonly lastUse: Histogram
  readonly size: Histogram
}

/** The command `stats`: how many sessions, how large, and how recently used. */
export function statsCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('stats')
    .summary('how many sessions, how large, how recently used')
    .description('Counts the sessions of a directory: live, expired, encrypted; files that hold none; bytes; and shows histograms of last use and of size.')
    .argument('[directory]', 'the session directory')
    .option('--json', 'as one JSON object'))
    .action(async (directory: string | undefined, { json }: { readonly json?: boolean }, command: Command) => {
      const context = contextOf(command, terminal, directory)
      const statistics = await count(context)
      await (json === true ? context.out.line(JSON.stringify(asJson(statistics))) : show(statistics, context))
      if (context.signal.aborted) context.note('Interrupted: these are the figures of the files that were read until then.')
      finish(context.signal.aborted ? status.interrupted : statistics.files === 0 ? status.failed : status.done)
    })
}

async function count (context: Context): Promise<Statistics> {
  const statistics = { files: 0, live: 0, expired: 0, encrypted: 0, foreign: 0, unreadable: 0, locked: 0, bytes: 0, lastUse: new Histogram(ages), size: new Histogram(sizes) }
  await survey(context, 'Reading', inspected => add(statistics, inspected))
  return statistics
}

function add (statistics: Statistics, inspected: Inspected): void {
  const { kind, size, lastUsedAt } = inspected
  statistics.files++
  statistics.bytes += size
  if (kind === 'refused') statistics.unreadable++
  else if (kind !== 'session') statistics[kind]++
  else if (inspected.isForeign) statistics.foreign++
  else {
    statistics[inspected.isExpired ? 'expired' : 'live']++
    if (inspected.isEncrypted) statistics.encrypted++
    statistics.lastUse.add(Math.max(0, Date.now() - lastUsedAt))
    statistics.size.add(size)
  }
}

async function show (statistics: Statistics, { out, directory, note }: Context): Promise<void> {
  const { files, live, expired, encrypted, foreign, unreadable, locked, bytes, lastUse, size } = statistics
  if (files === 0) return note(`There is no session in ${directory}.`)
  const rows: Array<readonly [string, number, string]> = [
    ['files', files, formatBytes(bytes)],
    ['live', live, ''],
    ['expired', expired, expired > 0 ? 'the next prune removes them' : ''],
    ['encrypted', encrypted + locked, locked > 0 ? `${formatCount(locked)} under a secret that was not given: --secret-env or --secret-file` : ''],
    ['foreign', foreign, foreign > 0 ? 'JSON without a cookie; never removed: prune --foreign' : ''],
    ['unreadable', unreadable, unreadable > 0 ? "never removed: 'doctor' says why" : '']
  ]
  const width = formatCount(files).length
  for (const [title, count, hint] of rows) {
    await out.line(`${title.padEnd(11)}${formatCount(count).padStart(width)}${hint === '' ? '' : `  ${out.paint('dim', hint)}`}`)
  }
  if (live + expired === 0) return
  await out.line(`\n${out.paint('bold', 'Last use')}`)
  for (const line of lastUse.lines(labelOf(formatDuration, 'ago'), out)) await out.line(line)
  await out.line(`\n${out.paint('bold', 'Size')}`)
  for (const line of size.lines(labelOf(formatBytes, ''), out)) await out.line(line)
}

function labelOf (format: (value: number) => string, suffix: string): (upTo: number, before: number) => string {
  return (upTo, before) => `${upTo === Infinity ? `over ${format(before)}` : `up to ${format(upTo)}`} ${suffix}`.trimEnd()
}

function asJson ({ lastUse, size, ...counts }: Statistics): object {
  return {
    ...counts,
    lastUse: lastUse.buckets.map(({ upTo, count }) => ({ upToMs: finite(upTo), count })),
    size: size.buckets.map(({ upTo, count }) => ({ upToBytes: finite(upTo), count }))
  }
}

function finite (value: number): number | null {
  return value === Infinity ? null : value
}
