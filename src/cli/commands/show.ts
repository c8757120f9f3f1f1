import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { CommandError, reasonOf, status, usageError, type Status } from '../exit.ts'
import { readBytes, type SessionName } from '../files.ts'
import { formatBytes, formatDuration, localTime, relativeTime } from '../format.ts'
import { defaultTtl, type InspectedOther, type InspectedSession } from '../inspect.ts'
import { idArgument } from '../ids.ts'
import { colorJson } from '../json.ts'
import { resolveId } from '../resolve.ts'
import { printable } from '../text.ts'
import { asJson } from './list.ts'
import { join } from 'node:path'

interface ShowFlags {
  readonly json?: boolean
  readonly raw?: boolean
}

/** The command `show`: what is in a session. */
export function showCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('show')
    .summary('what is in a session')
    .description('Shows a session: what is in it, when it was used last, and when and why it expires.')
    .argument('<id>', 'its id, or an unambiguous beginning of it', idArgument)
    .argument('[directory]', 'the session directory')
    .option('--json', 'as one JSON object')
    .option('--raw', 'the file, exactly as it is'))
    .action(async (id: string, directory: string | undefined, flags: ShowFlags, command: Command) => {
      if (flags.json === true && flags.raw === true) throw usageError('--json and --raw exclude each other; leave out one of them.')
      const context = contextOf(command, terminal, directory)
      const name = await resolveId(id, context)
      await (flags.raw === true ? showRaw(name, context) : showSession(name, context, flags))
      finish(context.signal.aborted ? status.interrupted : status.done)
    })
}

async function showRaw ({ name }: SessionName, { directory, out }: Context): Promise<void> {
  const file = join(directory, name)
  let bytes: Buffer | null
  try {
    bytes = readBytes(file)
  } catch (cause) {
    throw new CommandError(`${file} cannot be read (${reasonOf(cause)}); run this as the user of the server.`)
  }
  if (bytes === null) throw new CommandError(`${file} was removed just now.`)
  await out.write(bytes)
  if (out.isTerminal && bytes.at(-1) !== 10) await out.line()
}

async function showSession (name: SessionName, context: Context, { json }: ShowFlags): Promise<void> {
  const inspected = await context.inspector.inspect(name)
  if (inspected === null) throw new CommandError(`The session ${printable(name.id)} was ended just now.`)
  if (inspected.kind !== 'session') throw whyNot(inspected)
  const { out } = context
  if (json === true) return await out.line(JSON.stringify(asJson(inspected)))
  for (const [title, text] of factsOf(inspected, context)) await out.line(`${out.paint('dim', title.padEnd(9))}${text}`)
  await out.line()
  await out.line(colorJson(inspected.session, out))
}

function whyNot ({ kind, file, reason }: InspectedOther): CommandError {
  switch (kind) {
    case 'locked': return new CommandError(`The session in ${file} is encrypted under a secret that was not given; name it with --secret-env or --secret-file.`)
    case 'refused': return new CommandError(`${file} cannot be read (${reason}); run this as the user of the server.`)
    default: return new CommandError(`${file} holds no session: ${reason}; --raw shows it as it is.`)
  }
}

function factsOf (session: InspectedSession, { out, ttl = defaultTtl }: Context): ReadonlyArray<readonly [string, string]> {
  const now = Date.now()
  const { id, file, size, lastUsedAt, expiresAt, isExpired, isEncrypted, isUnderOldSecret } = session
  const how = isEncrypted ? isUnderOldSecret ? ', encrypted under an old secret' : ', encrypted' : ''
  const expires = `${relativeTime(expiresAt, now)}  (${localTime(expiresAt)})`
  return [
    ['id', out.paint('cyan', printable(id))],
    ['file', `${printable(file)}  (${formatBytes(size)}${how})`],
    ['used', `${relativeTime(lastUsedAt, now)}  (${localTime(lastUsedAt)})`],
    [isExpired ? 'expired' : 'expires', `${isExpired ? out.paint('red', expires) : expires}: ${reasonFor(session, ttl)}`]
  ]
}

// The rules of the README's table "Life of a session".
function reasonFor ({ session, lastUsedAt, expiresAt, isExpired }: InspectedSession, ttl: number): string {
  const { originalMaxAge } = session.cookie ?? {}
  const rule = typeof originalMaxAge === 'number' && expiresAt - lastUsedAt === originalMaxAge
    ? `${formatDuration(originalMaxAge)} after its last use, by the maxAge of its cookie`
    : session.cookie?.expires instanceof Date
      ? 'at the date that its cookie has'
      : `${formatDuration(ttl)} after its last use, by the store's ttl, since its cookie says nothing`
  return isExpired ? `${rule}; the next prune removes it` : rule
}
