import { Command, InvalidArgumentError, Option } from 'commander'
import { collect, contextOf, countArgument, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { status, usageError, type Status } from '../exit.ts'
import { parsePath, textOf, valueAt, type Path } from '../field.ts'
import { formatBytes, formatCount, parseDuration, plural, relativeTime } from '../format.ts'
import type { InspectedSession } from '../inspect.ts'
import type { Output } from '../output.ts'
import { Selector, sortKeys, type Met, type Selection } from '../select.ts'
import { Table } from '../table.ts'
import { watch } from '../watch.ts'

// On a terminal a longer list would scroll the newest ones away.
const terminalLimit = 100

interface ListFlags {
  readonly field?: readonly string[]
  readonly where?: readonly string[]
  readonly since?: number
  readonly expired?: boolean
  readonly all?: boolean
  readonly sort: Selection['sort']
  readonly reverse?: boolean
  readonly limit?: number
  readonly fullIds?: boolean
  readonly json?: boolean
  readonly watch?: boolean
}

/** The command `list`: which sessions there are. */
export function listCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('list')
    .alias('ls')
    .summary('which sessions there are, newest use first')
    .description('Lists the sessions of a directory, newest use first.')
    .argument('[directory]', 'the session directory')
    .option('-f, --field <path>', 'show this field too, as in user.name; repeat it, or separate several by commas', collectPaths)
    .option('-w, --where <condition>', 'only sessions with user.name=Ada, user.name!=Ada, user.name~^A (a pattern), user (exists), !user (does not); repeat it for and', collect)
    .option('--since <duration|date>', 'only sessions used since then, as in 10m', parseSince)
    .option('--expired', 'only sessions that have expired and are not removed yet')
    .option('--all', 'expired sessions too')
    .addOption(new Option('-s, --sort <key>', 'what to sort by').choices(sortKeys).default('used'))
    .option('-r, --reverse', 'sort the other way round')
    .option('-n, --limit <count>', `at most so many, 0 for all (default: ${terminalLimit} on a terminal, all elsewhere)`, countArgument)
    .option('--full-ids', 'do not shorten ids')
    .option('--json', 'one JSON object a line')
    .option('--watch', 'keep showing them, as sessions come and go'))
    .action(async (directory: string | undefined, flags: ListFlags, command: Command) => {
      if (flags.expired === true && flags.all === true) throw usageError('--expired and --all exclude each other; leave out one of them.')
      if (flags.watch === true && (flags.json === true || !terminal.out.isTerminal)) throw usageError('--watch needs a terminal and a table; leave it out to list once.')
      const context = contextOf(command, terminal, directory)
      finish(flags.watch === true ? await watchList(context, flags) : await list(context, flags))
    })
}

async function list (context: Context, flags: ListFlags): Promise<Status> {
  const isTable = flags.json !== true
  const limit = flags.limit ?? (isTable && context.out.isTerminal ? terminalLimit : 0)
  const selector = new Selector(context, selectionOf(flags, limit === 0 ? Infinity : limit))
  const count = isTable ? await showTable(selector, context.out, flags) : await showJson(selector, context.out, flags)
  await context.out.flush()
  if (context.signal.aborted) {
    context.note(`Interrupted after ${plural(count, 'session')}.`)
    return status.interrupted
  }
  explainOthers(selector.met, context)
  if (count === 0 && !context.out.isClosed) context.note(`No session of ${context.directory} matches.`)
  else if (count === limit && flags.limit === undefined && selector.met.files > count) context.note(`${formatCount(count)} shown of ${plural(selector.met.files, 'file')}; --limit 0 shows all.`)
  return count === 0 && !context.out.isClosed ? status.failed : status.done
}

async function watchList (context: Context, flags: ListFlags): Promise<Status> {
  return await watch(context, async (output, rows) => {
    const limit = Math.min(flags.limit ?? rows, rows)
    const selector = new Selector(context, selectionOf(flags, Math.max(1, limit)))
    const count = await showTable(selector, output, flags)
    return `${plural(selector.met.files, 'file')}${count === 0 ? ', no session matches' : ''}`
  })
}

function selectionOf (flags: ListFlags, limit: number): Selection {
  return {
    where: flags.where ?? [],
    since: flags.since,
    age: flags.expired === true ? 'expired' : flags.all === true ? 'all' : 'live',
    sort: flags.sort,
    reverse: flags.reverse === true,
    limit
  }
}

async function showTable (selector: Selector, output: Output, { field = [], fullIds }: ListFlags): Promise<number> {
  const paths = field.map(parsePath)
  const table = new Table(output, [
    { title: 'ID', format: 'cyan' }, { title: 'USED' }, { title: 'EXPIRES' }, { title: 'SIZE', align: 'right' },
    ...field.map(title => ({ title }))
  ])
  let count = 0
  for await (const session of selector.sessions()) {
    await table.row(cellsOf(session, fullIds === true ? session.id : selector.shorten(session.id), paths))
    count++
  }
  await table.end()
  return count
}

function cellsOf ({ lastUsedAt, expiresAt, size, session }: InspectedSession, id: string, paths: readonly Path[]): readonly string[] {
  const now = Date.now()
  return [id, relativeTime(lastUsedAt, now), relativeTime(expiresAt, now), formatBytes(size), ...paths.map(path => textOf(valueAt(session, path)) || '-')]
}

async function showJson (selector: Selector, output: Output, { field }: ListFlags): Promise<number> {
  let count = 0
  for await (const session of selector.sessions()) {
    await output.line(JSON.stringify(asJson(session, field)))
    count++
  }
  return count
}

/** A session as `--json` shows it: whole, or only these fields of it. */
export function asJson ({ id, lastUsedAt, expiresAt, size, isExpired, isEncrypted, session }: InspectedSession, fields?: readonly string[]): object {
  const shown = fields === undefined ? { session } : { fields: Object.fromEntries(fields.map(field => [field, valueAt(session, parsePath(field)) ?? null])) }
  return { id, lastUsedAt: new Date(lastUsedAt), expiresAt: new Date(expiresAt), expired: isExpired, encrypted: isEncrypted, size, ...shown }
}

/** Says which files were met that hold no session, and what to do about them. */
export function explainOthers ({ others }: Met, { note }: Context): void {
  const { foreign, unreadable, locked, refused } = others
  if (locked > 0) note(`${plural(locked, 'session is', 'sessions are')} encrypted under a secret that was not given: name it with --secret-env or --secret-file.`)
  if (refused > 0) note(`${plural(refused, 'file')} could not be read; run this as the user of the server.`)
  if (foreign + unreadable > 0) note(`${plural(foreign + unreadable, 'file holds', 'files hold')} no session; 'file-sessions doctor' says more.`)
}

function collectPaths (value: string, values: readonly string[] = []): readonly string[] {
  const paths = value.split(',').filter(path => path !== '')
  paths.forEach(parsePath)
  return [...values, ...paths]
}

function parseSince (text: string): number {
  const duration = parseDuration(text)
  const time = duration === null ? /^\d{4}-/.test(text) ? Date.parse(text) : NaN : Date.now() - duration
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a duration such as 10m, or a date such as 2026-01-31T13:00.')
  return time
}
