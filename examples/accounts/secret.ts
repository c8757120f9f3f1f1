import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * The secret in `file`, which is made when it is missing. It stays the same over a restart, and only the owner of
 * the file can read it: whoever knows it can sign in as anybody.
 */
export function secretIn (file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    // `wx` fails when the file is there, also when another process has just made it.
    writeFileSync(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  }
  return readFileSync(file, 'utf8')
}
