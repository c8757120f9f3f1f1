import type { Context } from './context.ts'
import { Cipher } from '../index.ts'
import { recodeSession } from './core.ts'
import { reasonOf, usageError } from './exit.ts'
import { plural } from './format.ts'
import type { Inspected, InspectedSession } from './inspect.ts'
import { survey } from './survey.ts'

// A session that changes at each of these attempts is left to the server, which rewrites it anyway.
const attempts = 20

/** What encrypting or decrypting a directory came to. */
export interface RecodeReport {
  /** Sessions that were rewritten. */
  changed: number
  /** Sessions that were as wanted already. */
  already: number
  /** Files that could not be rewritten. */
  failed: number
  /** Encrypted under a secret that was not given. */
  locked: number
  /** JSON files without a cookie, and files that hold no session. They stay as they are. */
  others: number
}

/** The secrets of the context. Throws a `CommandError` when there is none. */
export function requireSecrets ({ secrets }: Context): readonly string[] {
  if (secrets.length === 0) throw usageError('There is no secret: name the one of the server with --secret-env or --secret-file.')
  return secrets
}

/**
 * Rewrites each session that `isWanted` does not say is fine: encrypted under the first secret, or plain. Its content,
 * its last use, and its file's mode and owner stay. A change or a logout that a server makes meanwhile stays too.
 */
export async function recodeAll (context: Context, to: 'encrypted' | 'plain', isFine: (session: InspectedSession) => boolean): Promise<RecodeReport> {
  const cipher = new Cipher(requireSecrets(context))
  const report = { changed: 0, already: 0, failed: 0, locked: 0, others: 0 }
  await survey(context, to === 'plain' ? 'Decrypting' : 'Encrypting', async inspected => {
    report[await recodeOne(inspected, context, cipher, to, isFine)]++
  })
  return report
}

async function recodeOne (first: Inspected, context: Context, cipher: Cipher, to: 'encrypted' | 'plain', isFine: (session: InspectedSession) => boolean): Promise<keyof RecodeReport> {
  const { note, inspector } = context
  let inspected: Inspected | null = first
  for (let attempt = 0; attempt < attempts && inspected !== null; attempt++) {
    if (inspected.kind === 'locked') return 'locked'
    if (inspected.kind === 'refused') note(`${inspected.file} could not be read: ${inspected.reason}.`)
    if (inspected.kind === 'refused') return 'failed'
    if (inspected.kind !== 'session' || inspected.isForeign) return 'others'
    if (isFine(inspected)) return 'already'
    const { id, file, isEncrypted, stats } = inspected
    try {
      if (recodeSession(file, { id, cipher, to, isEncrypted, expected: stats })) return 'changed'
    } catch (cause) {
      note(`${file} could not be rewritten: ${reasonOf(cause)}.`)
      return 'failed'
    }
    inspected = await inspector.inspect(inspected)
  }
  if (inspected === null) return 'already'
  note(`${inspected.file} changed all the time and was left as it is.`)
  return 'failed'
}

/** Says what was left, and why. */
export function explainRest ({ locked, others }: RecodeReport, { note }: Context): void {
  if (locked > 0) note(`${plural(locked, 'session is', 'sessions are')} encrypted under a secret that was not given; add it after the others with --secret-env or --secret-file.`)
  if (others > 0) note(`${plural(others, 'file')} without a session stayed as they were; 'file-sessions doctor' says more.`)
}
