import { randomBytes } from 'node:crypto'
import { constants, copyFile, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlreadyExists, isNotFound } from '../fs/errno.ts'

// In characters: what @fastify/session asks for.
const minLength = 32

// In milliseconds: how long another process may take to write the secret that it has just begun.
const writeTimeoutMs = 2_000

/**
 * The secret in `file`, which is made with mode 0600 when it is missing: 32 random bytes in base64url. Of several
 * processes that start at the same time one makes it, and all get the same.
 *
 * Rejects with an `Error` that names the file when it cannot be read or made, or is shorter than 32 characters.
 */
export async function secretFrom (file: string): Promise<string> {
  if (await readSecret(file) === '') await makeSecret(file)
  const secret = await readWhole(file)
  if (secret.length >= minLength) return secret
  throw new Error(`The secret file ${file} holds ${secret.length} characters; expected ${minLength} or more: remove it to have a new one made, which ends all sessions`)
}

/** Whether other users may read the file. On Windows this is not known from its mode, and `false`. */
export async function isExposed (file: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0
}

// The content of the file, or an empty string when there is none.
async function readSecret (file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    if (isNotFound(cause)) return ''
    throw new Error(`The secret file ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

// Leaves a file that exists by now as it is.
async function makeSecret (file: string): Promise<void> {
  const failed = (cause: unknown) => new Error(`The secret file ${file} cannot be made: ${(cause as Error).message}`, { cause })
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => { throw failed(cause) })
  const whole = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(whole, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600, flush: true })
    // No process finds a partially written file, not even after a full disk or a kill. Some file systems have no links.
    await link(whole, file).catch((cause: unknown) => isAlreadyExists(cause) ? Promise.reject(cause) : copyFile(whole, file, constants.COPYFILE_EXCL))
  } catch (cause) {
    if (!isAlreadyExists(cause)) throw failed(cause)
  } finally {
    // The first failure is the one to report.
    await rm(whole, { force: true }).catch(() => {})
  }
}

// Another process may just be writing it, where it cannot be made in one step.
async function readWhole (file: string): Promise<string> {
  for (let waited = 0; ; waited += 20) {
    const secret = await readSecret(file)
    if (secret.length >= minLength || waited >= writeTimeoutMs) return secret
    await delay(20)
  }
}
