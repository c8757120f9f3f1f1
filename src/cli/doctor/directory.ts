import { statfsSync, type Stats, type StatsFs } from 'node:fs'
import { userInfo } from 'node:os'
import type { Context } from '../context.ts'
import { canWrite, statOf } from '../files.ts'
import { formatBytes, formatCount } from '../format.ts'
import { fine, type Finding } from './finding.ts'

// Below these the next hours may fill the device.
const leastBytes = 100_000_000
const leastInodes = 10_000

/** What the directory itself and its file system say: who may do what, and how much space is free. */
export function examineDirectory ({ directory }: Context): readonly Finding[] {
  const stats = statOf(directory)!
  return [...modeFindings(directory, stats), ...writeFindings(directory), ...spaceFindings(statfsSync(directory))]
}

function modeFindings (directory: string, stats: Stats): readonly Finding[] {
  const findings: Finding[] = []
  const mode = (stats.mode & 0o777).toString(8)
  if (process.platform !== 'win32') {
    findings.push((stats.mode & 0o077) === 0
      ? fine('mode', `Only its owner may enter the directory (mode ${mode}).`)
      : { level: 'problem', subject: 'mode', message: `Other users may enter the directory (mode ${mode}).`, advice: `chmod 700 ${directory}` })
    findings.push(ownerFinding(directory, stats))
  }
  return findings
}

function writeFindings (directory: string): readonly Finding[] {
  if (canWrite(directory)) return []
  return [{ level: 'problem', subject: 'write', message: 'You may not write to the directory.', advice: `Run this as the user of the server; if that is you, give it the directory: chown -R USER ${directory}` }]
}

function ownerFinding (directory: string, { uid }: Stats): Finding {
  const { uid: own, username } = userInfo()
  if (uid === own) return fine('owner', `The directory belongs to you (${username}).`)
  return { level: 'note', subject: 'owner', message: `The directory belongs to the user with the id ${uid}, and you are ${username} (${own}).`, advice: `The server has to run as its owner; if it does not: chown -R USER ${directory}` }
}

/** What a file system says about how much space is free. */
export function spaceFindings ({ bavail, bsize, files, ffree }: StatsFs): readonly Finding[] {
  const bytes = bavail * bsize
  const space = fine('space', `There are ${formatBytes(bytes)} free${files > 0 ? `, and ${formatCount(ffree)} inodes` : ''}.`)
  const findings: Finding[] = []
  if (bytes < leastBytes) findings.push({ ...space, level: 'problem', message: `Only ${formatBytes(bytes)} are free.`, advice: 'Free some space: with none left, sessions cannot be saved, and logins fail.' })
  // Some file systems (btrfs) make inodes as they need them, and say 0.
  if (files > 0 && ffree < leastInodes) findings.push({ ...space, level: 'problem', message: `Only ${formatCount(ffree)} inodes are free, one of which each new session takes.`, advice: 'Remove files, or make the file system anew with more of them (mkfs.ext4 -N).' })
  return findings.length > 0 ? findings : [space]
}
