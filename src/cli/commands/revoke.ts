import { existsSync, statSync } from 'node:fs'
import { Command } from 'commander'
import { confirm } from '../ask.ts'
import { collect, contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { reasonOf, status, usageError, CommandError, type Status } from '../exit.ts'
import { parsePath, pathOf, textOf, valueAt } from '../field.ts'
import { removeSession, sessionFile } from '../../index.ts'
import { formatCount, plural, relativeTime } from '../format.ts'
import { collectIds } from '../ids.ts'
import { resolveId } from '../resolve.ts'
import { Selector } from '../select.ts'
import { Table } from '../table.ts'
import { printable } from '../text.ts'
import { explainOthers } from './list.ts'

// The number of sessions that are shown before they are ended; the ids of all are kept.
const shown = 20

interface RevokeFlags {
  readonly where?: readonly string[]
  readonly yes?: boolean
}

/** The command `revoke`: ends sessions, which signs their users out. */
export function revokeCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('revoke')
    .summary('end sessions: sign users out')
    .description('Ends sessions. Their next request finds none; a request that is under way does not bring one back.')
    .argument('[id...]', 'their ids, or unambiguous beginnings of them', collectIds, [])
    .option('-w, --where <condition>', 'all sessions with user.name=Ada and the like (see list); shows them and asks', collect)
    .option('-y, --yes', 'do not ask'))
    .action(async (ids: readonly string[], flags: RevokeFlags, command: Command) => {
      const { where = [], yes } = flags
      if (ids.length > 0 && where.length > 0) throw usageError('Ids and --where exclude each other; leave out one of them.')
      if (ids.length === 0 && where.length === 0) throw usageError('No session is named; give ids, or --where user.name=Ada. To end all sessions: --where cookie.')
      const context = contextOf(command, terminal)
      const directory = ids.find(id => isDirectory(id, context))
      if (directory !== undefined) throw usageError(`'${printable(directory)}' is a directory; name it with --directory.`)
      finish(ids.length > 0 ? await revokeIds(ids, context) : await revokeWhere(where, context, yes === true))
    })
}

// The other commands take the directory as an argument.
function isDirectory (argument: string, { directory, extension }: Context): boolean {
  const isSession = sessionFile(directory, argument, { extension }).match(file => existsSync(file), () => false)
  return !isSession && statSync(argument, { throwIfNoEntry: false })?.isDirectory() === true
}

async function revokeIds (prefixes: readonly string[], context: Context): Promise<Status> {
  const ids = []
  const failures = []
  // All ids are resolved before the first session is ended: ending one changes which ids a prefix matches.
  for (const prefix of prefixes) {
    try {
      ids.push((await resolveId(prefix, context)).id)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      failures.push(error.message)
    }
  }
  failures.forEach(message => context.note(message))
  const result = await revokeAll([...new Set(ids)], context, async id => { await context.out.line(`Ended ${printable(id)}.`) })
  return result === status.done && failures.length > 0 ? status.failed : result
}

async function revokeWhere (where: readonly string[], context: Context, yes: boolean): Promise<Status> {
  const selector = new Selector(context, { where, age: 'live', sort: 'used', reverse: false, limit: Infinity })
  const ids = await showMatches(selector, where, context)
  if (context.signal.aborted) return await interrupted(0, ids.length, context)
  explainOthers(selector.met, context)
  if (ids.length === 0) {
    context.note(`No session of ${context.directory} matches; nothing was ended.`)
    return status.failed
  }
  const answer = await confirm(`End ${plural(ids.length, 'this session', `these ${formatCount(ids.length)} sessions`).replace(/^\S+ /, '')}?`, context.err, yes)
  if (answer === null) return await interrupted(0, ids.length, context)
  if (!answer) {
    context.note('Nothing was ended.')
    return status.failed
  }
  const result = await revokeAll(ids, context)
  // Those that could not be read may match.
  const { locked, refused } = selector.met.others
  return result === status.done && locked + refused > 0 ? status.failed : result
}

async function showMatches (selector: Selector, where: readonly string[], { out }: Context): Promise<readonly string[]> {
  const fields = [...new Set(where.map(pathOf))].filter(field => field !== 'cookie')
  const table = new Table(out, [{ title: 'ID', format: 'cyan' }, { title: 'USED' }, ...fields.map(title => ({ title }))])
  const ids: string[] = []
  for await (const { id, session, lastUsedAt } of selector.sessions()) {
    ids.push(id)
    if (ids.length > shown) continue
    await table.row([selector.shorten(id), relativeTime(lastUsedAt, Date.now()), ...fields.map(field => textOf(valueAt(session, parsePath(field))))])
  }
  await table.end()
  if (ids.length > shown) await out.line(`and ${plural(ids.length - shown, 'other', 'others')}`)
  await out.flush()
  return ids
}

async function revokeAll (ids: readonly string[], context: Context, tell?: (id: string) => Promise<void>): Promise<Status> {
  let ended = 0
  let failed = 0
  for (const id of ids) {
    if (context.signal.aborted) return await interrupted(ended, ids.length, context)
    const result = await sessionFile(context.directory, id, context).asyncAndThen(file => removeSession(file))
    if (result.isOk()) {
      ended++
      await tell?.(id)
    } else {
      failed++
      context.note(`The session ${printable(id)} could not be ended: ${reasonOf((result.error as { cause?: unknown }).cause)}.`)
    }
  }
  if (tell === undefined) await context.out.line(`Ended ${plural(ended, 'session')}.`)
  return failed > 0 || ended === 0 ? status.failed : status.done
}

async function interrupted (ended: number, of: number, { note }: Context): Promise<Status> {
  note(ended === 0 ? 'Interrupted: nothing was ended.' : `Interrupted: ended ${formatCount(ended)} of ${plural(of, 'session')}.`)
  return status.interrupted
}
