import { sessionFile } from '../index.ts'
import { basename } from 'node:path'
import type { Context } from './context.ts'
import { CommandError, usageError } from './exit.ts'
import { sessionNames, statOf, type SessionName } from './files.ts'
import { plural } from './format.ts'
import { printable } from './text.ts'

// The number of candidates that are named when several ids begin with a prefix.
const examples = 3

/**
 * The session whose id `prefix` is, or is the beginning of. Throws a `CommandError` when there is none, or several.
 * A whole id is found without reading the directory.
 */
export async function resolveId (prefix: string, context: Context): Promise<SessionName> {
  if (prefix === '') throw usageError('The id is empty; name a session, or the beginning of its id.')
  const exact = exactName(prefix, context)
  if (exact !== null) return exact
  const { found, count } = await withPrefix(prefix, context)
  const [only] = found
  if (only === undefined) {
    throw new CommandError(`There is no session '${printable(prefix)}' in ${context.directory}; 'file-sessions list' shows those that there are.`)
  }
  if (count === 1) return only
  const names = found.map(({ id }) => printable(id)).join(', ')
  throw new CommandError(`'${printable(prefix)}' is the beginning of ${plural(count, 'session')} (${names}${count > examples ? ', …' : ''}); add characters until it is that of one.`)
}

function exactName (id: string, { directory, extension }: Context): SessionName | null {
  return sessionFile(directory, id, { extension }).match(
    file => statOf(file)?.isFile() === true ? { id, name: basename(file) } : null,
    () => null
  )
}

async function withPrefix (prefix: string, context: Context): Promise<{ readonly found: readonly SessionName[], readonly count: number }> {
  const found: SessionName[] = []
  let count = 0
  for await (const names of sessionNames(context.directory, context)) {
    if (context.signal.aborted) break
    for (const name of names) {
      if (!name.id.startsWith(prefix)) continue
      if (++count <= examples) found.push(name)
    }
  }
  return { found, count }
}
