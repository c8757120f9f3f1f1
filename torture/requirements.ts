import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a trial may need of the machine. */
export type Requirement = 'linux' | 'root' | 'mount' | 'strace'

const checks: Readonly<Record<Requirement, readonly [isMet: () => boolean, reason: string]>> = {
  linux: [() => process.platform === 'linux', 'needs Linux'],
  root: [() => process.getuid?.() === 0, 'needs root'],
  mount: [canMount, 'needs root with the right to mount a file system'],
  strace: [() => runs('strace', '--version'), 'needs strace']
}

const known = new Map<Requirement, boolean>()

/** Why a trial with these needs cannot run on this machine, or `null` if it can. */
export function unmetRequirement (needs: readonly Requirement[] = []): string | null {
  const unmet = needs.find(need => !isMet(need))
  return unmet === undefined ? null : checks[unmet][1]
}

function isMet (need: Requirement): boolean {
  const result = known.get(need) ?? checks[need][0]()
  known.set(need, result)
  return result
}

// Root in a container often may not.
function canMount (): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'torture-mount-'))
  try {
    return runs('mount', '-t', 'tmpfs', 'tmpfs', directory) && runs('umount', directory)
  } finally {
    rmdirSync(directory)
  }
}

function runs (command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
