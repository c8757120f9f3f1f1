import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
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
  const secret = await readSecret(file) ?? await makeSecret(file)
  if (secret.length >= minLength) return secret
  throw new Error(`The secret file ${file} holds ${secret.length} characters; expected ${minLength} or more: remove it to have a new one made, which ends all sessions`)
}

/** Whether other users may read the file. On Windows this is not known from its mode, and `false`. */
export async function isExposed (file: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0
}

async function readSecret (file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    if (isNotFound(cause)) return null
    throw new Error(`The secret file ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

async function makeSecret (file: string): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  const failed = (cause: unknown) => new Error(`The secret file ${file} cannot be made: ${(cause as Error).message}`, { cause })
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => { throw failed(cause) })
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(secret)
      await handle.sync()
    } finally {
      await handle.close()
    }
    return secret
  } catch (cause) {
    if (isAlreadyExists(cause)) return await writtenByAnother(file)
    throw failed(cause)
  }
}

async function writtenByAnother (file: string): Promise<string> {
  let secret = await readSecret(file) ?? ''
  for (let waited = 0; secret.length < minLength && waited < writeTimeoutMs; waited += 20) {
    await delay(20)
    secret = await readSecret(file) ?? ''
  }
  return secret
}
