import { join } from 'node:path'
import type { Context } from '../context.ts'
import { fileNames, statOf } from '../files.ts'
import { formatCount, plural, relativeTime } from '../format.ts'
import type { Inspected } from '../inspect.ts'
import { survey } from '../survey.ts'
import { printable } from '../text.ts'
import { fine, type Finding } from './finding.ts'

// In milliseconds. The process that wrote a temporary file of this age is dead.
const staleAfter = 10 * 60_000

// In milliseconds. A server prunes every hour, and a session's minute of grace is over long before.
const pruneDelay = 3 * 3_600_000

// In milliseconds. More than the clocks of one machine's processes can differ.
const future = 60_000

// The number of files that are named.
const examples = 3

interface Tally {
  live: number
  overdue: number
  plain: number
  encrypted: number
  old: number
  inFuture: number
  exposed: number
  readonly owners: Set<number>
  readonly named: Record<'foreign' | 'unreadable' | 'locked' | 'refused', { count: number, readonly files: string[] }>
}

/** What the files in the directory say. */
export async function examineSessions (context: Context): Promise<readonly Finding[]> {
  const tally: Tally = {
    live: 0,
    overdue: 0,
    plain: 0,
    encrypted: 0,
    old: 0,
    inFuture: 0,
    exposed: 0,
    owners: new Set(),
    named: { foreign: none(), unreadable: none(), locked: none(), refused: none() }
  }
  await survey(context, 'Reading', inspected => add(tally, inspected))
  return [
    ...countFindings(tally), ...fileFindings(tally, context), ...encryptionFindings(tally), ...ownerFindings(tally, context),
    ...await leftoverFindings(context)
  ]
}

function add (tally: Tally, inspected: Inspected): void {
  const { kind, name, stats } = inspected
  if (kind !== 'refused') {
    tally.owners.add(stats.uid)
    if ((stats.mode & 0o077) !== 0) tally.exposed++
    if (inspected.lastUsedAt > Date.now() + future) tally.inFuture++
  }
  if (kind !== 'session') return note(tally, kind, `${name}: ${inspected.reason}`)
  if (inspected.isForeign) return note(tally, 'foreign', `${name}: it is JSON without a cookie`)
  if (inspected.isEncrypted) tally.encrypted++
  else tally.plain++
  if (inspected.isUnderOldSecret) tally.old++
  if (inspected.expiresAt < Date.now() - pruneDelay) tally.overdue++
  else if (!inspected.isExpired) tally.live++
}

function note ({ named }: Tally, kind: keyof Tally['named'], text: string): void {
  named[kind].count++
  if (named[kind].files.length < examples) named[kind].files.push(printable(text))
}

function countFindings ({ live, overdue, inFuture }: Tally): readonly Finding[] {
  const findings: Finding[] = [fine('sessions', `There are ${formatCount(live)} live sessions.`)]
  if (overdue > 0) findings.push({ level: 'problem', subject: 'expired', message: `${plural(overdue, 'session')} expired more than three hours ago and ${overdue === 1 ? 'is' : 'are'} still there: no process prunes.`, advice: 'Does a server run, without pruneInterval: 0? Once: file-sessions prune; every hour: that from cron.' })
  if (inFuture > 0) findings.push({ level: 'problem', subject: 'clock', message: `${plural(inFuture, 'file was', 'files were')} last used in the future.`, advice: 'The clock of this machine is off, or was; synchronize it (chrony, systemd-timesyncd): these sessions live too long.' })
  return findings
}

function fileFindings ({ named, exposed }: Tally, { directory, secrets }: Context): readonly Finding[] {
  const { foreign, unreadable, locked, refused } = named
  const findings: Finding[] = []
  const list = ({ count, files }: typeof foreign) => `${files.join('; ')}${count > files.length ? '; …' : ''}`
  if (unreadable.count > 0) findings.push({ level: 'problem', subject: 'unreadable', message: `${plural(unreadable.count, 'file')} cannot be read as a session (${list(unreadable)}).`, advice: 'Mend what matters by hand (show --raw); the others go with: file-sessions prune --unreadable' })
  if (foreign.count > 0) findings.push({ level: 'note', subject: 'foreign', message: `${plural(foreign.count, 'file')} may not be the store's (${list(foreign)}).`, advice: 'The store never removes them; move them elsewhere, or: file-sessions prune --foreign' })
  if (refused.count > 0) findings.push({ level: 'problem', subject: 'refused', message: `${plural(refused.count, 'file')} could not be read (${list(refused)}).`, advice: 'Run this as the user of the server.' })
  if (locked.count > 0) {
    findings.push({ level: secrets.length > 0 ? 'problem' : 'note', subject: 'encrypted', message: `${plural(locked.count, 'session is', 'sessions are')} encrypted under a secret that was not given.`, advice: secrets.length > 0 ? 'Name the older secrets too, after the first one; servers without them take these sessions for none.' : 'Name the secret with --secret-env or --secret-file, and more can be said.' })
  }
  if (exposed > 0 && process.platform !== 'win32') findings.push({ level: 'problem', subject: 'mode', message: `${plural(exposed, 'file')} may be read by other users.`, advice: `find ${directory} -type f -exec chmod 600 {} +` })
  return findings
}

function encryptionFindings ({ plain, encrypted, old, named }: Tally): readonly Finding[] {
  const findings: Finding[] = []
  const all = encrypted + named.locked.count
  if (plain > 0 && all > 0) findings.push({ level: 'note', subject: 'encryption', message: `${plural(plain, 'session is', 'sessions are')} plain, ${formatCount(all)} encrypted.`, advice: 'To encrypt the others: file-sessions encrypt; servers then need the secret.' })
  if (old > 0) findings.push({ level: 'note', subject: 'encryption', message: `${plural(old, 'session is', 'sessions are')} under an old secret, which has to stay for that.`, advice: 'To let it go: file-sessions rotate' })
  if (encrypted > 0 && old === 0 && plain === 0) findings.push(fine('encryption', 'Every session is encrypted under the first secret.'))
  return findings
}

function ownerFindings ({ owners }: Tally, { directory }: Context): readonly Finding[] {
  const own = statOf(directory)?.uid
  const others = [...owners].filter(owner => owner !== own)
  return others.length === 0 ? [] : [{ level: 'problem', subject: 'owner', message: `There are files of another owner than the directory's (user id ${others.slice(0, examples).join(', ')}).`, advice: `The server may not be able to read them: chown -R USER ${directory}` }]
}

async function leftoverFindings ({ directory }: Context): Promise<readonly Finding[]> {
  let leftovers = 0
  let prunedAt = 0
  for await (const names of fileNames(directory)) {
    for (const name of names) {
      if (name === '.pruned') prunedAt = statOf(join(directory, name))?.mtimeMs ?? 0
      if (!/^\.[0-9a-f]{12}-[0-9a-z]+\.tmp$/.test(name)) continue
      const stats = statOf(join(directory, name))
      if (stats !== null && stats.ctimeMs < Date.now() - staleAfter) leftovers++
    }
  }
  const findings = [leftovers === 0
    ? fine('leftovers', 'No temporary file was left by a process that died.')
    : { level: 'note' as const, subject: 'leftovers', message: `${plural(leftovers, 'temporary file was', 'temporary files were')} left by a process that died.`, advice: 'The next prune removes them; to do it now: file-sessions prune' }]
  if (prunedAt > 0) findings.push(fine('pruning', `A server pruned ${relativeTime(prunedAt, Date.now())}.`))
  return findings
}

function none () {
  return { count: 0, files: [] as string[] }
}
