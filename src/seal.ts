import { basename } from 'node:path'
import { err, ok, Result } from 'neverthrow'
import { andThen, type Answer } from './answer.ts'
import { NotUtf8 } from './calls.ts'
import { Cipher, isSealed, type Secret } from './cipher.ts'
import type { Disk } from './disk.ts'
import type { Sealed, Unreadable, Unsealed } from './errors.ts'
import { sessionId, type PathOptions } from './path.ts'
import { Content } from './text.ts'

/** Whether sessions are sealed on disk. */
export interface SealOptions extends PathOptions {
  /**
   * Seals each session that is written (AES-256-GCM, bound to its id), and opens those that are. Of several secrets
   * the first one seals, and all open: what an old one sealed is sealed anew at its next `set`.
   * @default sessions are not sealed
   */
  readonly secret?: Secret
  /**
   * Whether a session that is not sealed is none. Without it one is read, and sealed at its next `set`.
   * @default false
   */
  readonly requireEncryption?: boolean
}

/** The text that goes to the file: sealed, where there is a secret. Throws a `TypeError` when the file has no session's name. */
export function sealedText (file: string, text: string, options: SealOptions): string {
  const { secret } = options
  if (secret === undefined) return text
  const id = sessionId(basename(file), options)
  if (id === null) throw new TypeError('its name is not that of a session, and what is sealed is bound to the id')
  return cipherOf(secret).seal(text, id)
}

/** The content of a file with this text. Fails with `sealed` when it cannot be opened, with `unsealed` when it should be sealed and is not. */
export function openedContent (file: string, text: string, options: SealOptions): Result<Content, Sealed | Unsealed> {
  const { secret, requireEncryption = false } = options
  if (!isSealed(text)) {
    return requireEncryption ? err({ type: 'unsealed', file }) : ok(new Content(text, { isOutdated: secret !== undefined }))
  }
  if (secret === undefined) return err({ type: 'sealed', file, reason: 'there is no secret' })
  return safeCipher(secret).mapErr(cause => ({ type: 'sealed' as const, file, reason: cause.message })).andThen(cipher => {
    const id = sessionId(basename(file), options)
    const opened = id === null ? null : cipher.open(text, id)
    return opened === null
      ? err({ type: 'sealed' as const, file, reason: 'no secret opens it, or it was altered or renamed' })
      : ok(new Content(opened.text, { isOutdated: !opened.isCurrent, isSecret: true }))
  })
}

/**
 * The content of a file of `size` bytes, or `null` when there is no such file.
 * Fails with `read-failed`, with `malformed` when it is no text, and as
 * `openedContent` does.
 */
export function readContent (file: string, size: number, disk: Disk, options: SealOptions): Answer<Content | null, Unreadable> {
  const text = disk.read(file, size).mapErr(cause => ({ type: cause instanceof NotUtf8 ? 'malformed' as const : 'read-failed' as const, file, cause }))
  return andThen(text, text => text === null ? ok(null) : openedContent(file, text, options))
}

/** The cipher of a secret. Throws as `new Cipher` does. */
export function cipherOf (secret: Secret): Cipher {
  return secret instanceof Cipher ? secret : new Cipher(secret)
}

const safeCipher = Result.fromThrowable(cipherOf, cause => cause as Error)
