import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { isObject } from '../session/session.ts'

/** What the keys are derived from: at least 32 bytes. Of several secrets the first encrypts, and all decrypt. A `Cipher` has its keys ready. */
export type Secret = string | Buffer | ReadonlyArray<string | Buffer> | Cipher

/** A text that was decrypted. */
export interface Decrypted {
  readonly text: string
  /** Whether it was encrypted with the first secret. */
  readonly isCurrent: boolean
}

// Part of each key: documented in docs/encryption.md, and not to be changed within a version of the format.
const keyInfo = 'fastify-file-session-store/1/key'
const fingerprintInfo = 'fastify-file-session-store/1/fingerprint'

const pseudonymInfo = 'fastify-file-session-store/1/pseudonym'

// In bytes. AES-256; nonce and tag as NIST SP 800-38D recommends them for GCM.
const keyLength = 32
const nonceLength = 12
const tagLength = 16

// In bytes. Enough to tell a few keys apart.
const fingerprintLength = 6

const minSecretLength = 32

// Tells an encrypted session from every session of an application, whatever its keys are called.
const format = 'fastify-file-session-store/1'

/**
 * Encrypts texts with AES-256-GCM under a key that HKDF-SHA-256 derives from a secret. The id of the session is
 * associated data, so that a file that was renamed to another id cannot be decrypted. The envelope is one JSON object:
 * `{"encrypted":"fastify-file-session-store/1","key":…,"nonce":…,"ciphertext":…}` with the key's fingerprint in hex, the
 * others in base64url; the tag is the end of the ciphertext.
 */
export class Cipher {
  readonly #keys = new Map<string, Buffer>()
  readonly #current: string

  /** Throws a `TypeError` when a secret is not a string or a `Buffer` of 32 bytes or more, or there is none. */
  constructor (secret: Exclude<Secret, Cipher>) {
    const secrets = Array.isArray(secret) ? secret : [secret]
    for (const secret of secrets) {
      const bytes = bytesOf(secret)
      const fingerprint = deriveKey(bytes, fingerprintInfo, fingerprintLength).toString('hex')
      this.#keys.set(fingerprint, deriveKey(bytes, keyInfo, keyLength))
    }
    const [current] = this.#keys.keys()
    if (current === undefined) throw new TypeError('there is no secret; expected one or more')
    this.#current = current
  }

  /** Names that stand for `name` and cannot be told from it without a secret: one of each secret, the first one's first. */
  pseudonyms (name: string): string[] {
    return Array.from(this.#keys.values(), key => createHmac('sha256', deriveKey(key, pseudonymInfo, keyLength)).update(name).digest('base64url'))
  }

  /** Encrypts the text of the session `id` with the first secret and a new nonce. */
  encrypt (text: string, id: string): string {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#current)!, nonce, { authTagLength: tagLength })
    cipher.setAAD(Buffer.from(id))
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return JSON.stringify({
      encrypted: format, key: this.#current, nonce: nonce.toString('base64url'), ciphertext: ciphertext.toString('base64url')
    })
  }

  /** Decrypts the envelope of the session `id`. `null` when it was altered, is another id's, or was encrypted with none of the secrets. */
  decrypt (envelope: string, id: string): Decrypted | null {
    const parts = partsOf(envelope)
    if (parts === null || parts['encrypted'] !== format) return null
    const key = typeof parts['key'] === 'string' ? this.#keys.get(parts['key']) : undefined
    const nonce = bytesIn(parts['nonce'])
    const ciphertext = bytesIn(parts['ciphertext'])
    if (key === undefined || nonce?.length !== nonceLength || ciphertext === null || ciphertext.length < tagLength) return null
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
    decipher.setAAD(Buffer.from(id))
    decipher.setAuthTag(ciphertext.subarray(-tagLength))
    try {
      const text = decipher.update(ciphertext.subarray(0, -tagLength), undefined, 'utf8') + decipher.final('utf8')
      return { text, isCurrent: parts['key'] === this.#current }
    } catch {
      return null
    }
  }
}

/** Whether a text is an encrypted session of this library, of any version of the format and under any secret. */
export function isEncrypted (text: string): boolean {
  // Parsing every session for this would cost more than this search.
  if (!text.includes('"fastify-file-session-store/')) return false
  const format = partsOf(text)?.['encrypted']
  return typeof format === 'string' && format.startsWith('fastify-file-session-store/')
}

function partsOf (envelope: string): Record<string, unknown> | null {
  try {
    const parts: unknown = JSON.parse(envelope)
    return isObject(parts) ? parts : null
  } catch {
    return null
  }
}

function bytesOf (secret: unknown): Buffer {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
  if (!Buffer.isBuffer(bytes) || bytes.length < minSecretLength) {
    throw new TypeError(`a secret is not a string or a Buffer of ${minSecretLength} bytes or more`)
  }
  return bytes
}

function deriveKey (secret: Buffer, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, length))
}

// Only what `encrypt` writes: Node's decoder accepts other characters and stray bits.
function bytesIn (text: unknown): Buffer | null {
  if (typeof text !== 'string') return null
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
