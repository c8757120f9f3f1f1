import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The secret that cookies are signed with: `given`, or else the one in the
 * file `.secret` beside the sessions, which is made when it is missing. Whoever
 * has it can sign in as anybody, so the file is the owner's alone.
 */
export function secretFor (directory: string, given: string | undefined): string {
  return given ?? keptSecret(directory)
}

function keptSecret (directory: string): string {
  const file = join(directory, '.secret')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  }
  return readFileSync(file, 'utf8')
}
