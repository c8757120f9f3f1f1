import { basename } from 'node:path'
import { err, ok, Result } from 'neverthrow'
import type { DecryptFailed, NotEncrypted } from '../errors.ts'
import { sessionId, type PathOptions } from '../path.ts'
import { SessionText } from '../session/session-text.ts'
import { Cipher, isEncrypted, type Secret } from './cipher.ts'

/** Whether sessions are encrypted on disk. */
export interface EncryptionOptions extends PathOptions {
  /**
   * Encrypts each session that is written (AES-256-GCM, bound to its id) and decrypts those that are read. Of several
   * secrets the first encrypts and all decrypt: a session that an old one encrypted is encrypted anew at its next `set`.
   * @default sessions are not encrypted
   */
  readonly secret?: Secret
  /**
   * Whether a session that is not encrypted is refused. Otherwise it is read, and encrypted at its next `set`.
   * @default false
   */
  readonly requireEncryption?: boolean
}

/**
 * The text for `file`: encrypted if there is a secret. Fails with a `TypeError` when the secret is unusable, the file does
 * not have the name of a session, to which the encryption is bound, or the text would be read as an encrypted session.
 */
export function encodeText (file: string, text: string, options: EncryptionOptions): Result<string, TypeError> {
  const { secret } = options
  if (secret === undefined) return isEncrypted(text) ? err(new TypeError('its key encrypted marks an encrypted session')) : ok(text)
  const id = sessionId(basename(file), options)
  if (id === null) return err(new TypeError('its name is not that of a session, to which its encryption would be bound'))
  return safeCipher(secret).map(cipher => cipher.encrypt(text, id))
}

/**
 * The session text in a file that holds `raw`. Fails with `decrypt-failed` when it is encrypted and cannot be decrypted,
 * and with `not-encrypted` when it is plain and `requireEncryption` is set.
 */
export function decodeText (file: string, raw: string, options: EncryptionOptions): Result<SessionText, DecryptFailed | NotEncrypted> {
  const { secret, requireEncryption = false } = options
  const failed = (reason: string) => ({ type: 'decrypt-failed' as const, file, reason })
  if (!isEncrypted(raw)) {
    return requireEncryption ? err({ type: 'not-encrypted', file }) : ok(new SessionText(raw, { mustRewrite: secret !== undefined }))
  }
  if (secret === undefined) return err(failed('no secret is given'))
  return safeCipher(secret).mapErr(({ message }) => failed(message)).andThen(cipher => {
    const id = sessionId(basename(file), options)
    const decrypted = id === null ? null : cipher.decrypt(raw, id)
    return decrypted === null
      ? err(failed('none of the secrets decrypts it, or it was altered or renamed'))
      : ok(new SessionText(decrypted.text, { isEncrypted: true, mustRewrite: !decrypted.isCurrent }))
  })
}

/** The cipher of a secret. Throws as `new Cipher` does. */
export function cipherOf (secret: Secret): Cipher {
  return secret instanceof Cipher ? secret : new Cipher(secret)
}

const safeCipher = Result.fromThrowable(cipherOf, cause => cause as TypeError)
