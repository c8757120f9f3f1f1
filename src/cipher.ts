import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { isObject } from './expiry.ts'

/** What keys are made of: at least 32 bytes. Of several the first one seals, all open. A `Cipher` has its keys ready. */
export type Secret = string | Buffer | ReadonlyArray<string | Buffer> | Cipher

/** A text that was opened. */
export interface Opened {
  readonly text: string
  /** Whether the first secret sealed it. */
  readonly isCurrent: boolean
}

// Bound into each key: documented in the README, and never to be changed within a version.
const keyInfo = 'fastify-file-session-store/1/key'
const fingerprintInfo = 'fastify-file-session-store/1/fingerprint'

// In bytes. AES-256; the nonce and the tag that NIST SP 800-38D recommends for GCM.
const keyLength = 32
const nonceLength = 12
const tagLength = 16

// In bytes. Enough to tell a few keys apart.
const fingerprintLength = 6

const shortestSecret = 32

const version = 1
const names = ['sealed', 'key', 'nonce', 'text']

/**
 * Seals texts with AES-256-GCM under a key that HKDF-SHA-256 makes of a secret,
 * bound to the id of their session. What is sealed stays one JSON object:
 * `{"sealed":1,"key":…,"nonce":…,"text":…}`: the version, the key's
 * fingerprint (hex), and base64url; the tag ends the text.
 */
export class Cipher {
  readonly #keys = new Map<string, Buffer>()
  readonly #current: string

  /** Throws a `TypeError` when a secret is not a string or a `Buffer` of 32 bytes or more. */
  constructor (secret: Exclude<Secret, Cipher>) {
    const secrets = Array.isArray(secret) ? secret : [secret]
    for (const secret of secrets) {
      const bytes = bytesOf(secret)
      const fingerprint = derived(bytes, fingerprintInfo, fingerprintLength).toString('hex')
      this.#keys.set(fingerprint, derived(bytes, keyInfo, keyLength))
    }
    const [current] = this.#keys.keys()
    if (current === undefined) throw new TypeError('there is no secret; expected one or more')
    this.#current = current
  }

  /** The text of the session `id`, sealed under the first secret with a new nonce. */
  seal (text: string, id: string): string {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#current)!, nonce, { authTagLength: tagLength })
    cipher.setAAD(Buffer.from(id))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return JSON.stringify({ sealed: version, key: this.#current, nonce: nonce.toString('base64url'), text: sealed.toString('base64url') })
  }

  /** What was sealed for the session `id`, or `null` when it is not whole, for another id, or under none of the secrets. */
  open (envelope: string, id: string): Opened | null {
    const parts: Record<string, unknown> = JSON.parse(envelope)
    const key = typeof parts['key'] === 'string' ? this.#keys.get(parts['key']) : undefined
    const nonce = bytesIn(parts['nonce'])
    const sealed = bytesIn(parts['text'])
    if (parts['sealed'] !== version || key === undefined || nonce?.length !== nonceLength || sealed === null || sealed.length < tagLength) return null
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
    decipher.setAAD(Buffer.from(id))
    decipher.setAuthTag(sealed.subarray(-tagLength))
    try {
      const text = decipher.update(sealed.subarray(0, -tagLength), undefined, 'utf8') + decipher.final('utf8')
      return { text, isCurrent: parts['key'] === this.#current }
    } catch {
      return null
    }
  }
}

/**
 * Whether a text is meant to be a sealed one: a JSON object of its four keys,
 * of which one may be damaged. A session that merely looks so is taken for one.
 */
export function isSealed (text: string): boolean {
  // One of these two is whole: sessions without them need not be parsed for this.
  if (!text.includes('"key":') && !text.includes('"nonce":')) return false
  try {
    const parts: unknown = JSON.parse(text)
    return isObject(parts) && Object.keys(parts).length === names.length &&
      names.filter(name => Object.hasOwn(parts, name)).length >= names.length - 1
  } catch {
    return false
  }
}

function bytesOf (secret: unknown): Buffer {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
  if (!Buffer.isBuffer(bytes) || bytes.length < shortestSecret) {
    throw new TypeError(`a secret is not a string or a Buffer of ${shortestSecret} bytes or more`)
  }
  return bytes
}

function derived (secret: Buffer, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, length))
}

// Only what `seal` writes: Node's decoder lets strange characters and stray bits pass.
function bytesIn (text: unknown): Buffer | null {
  if (typeof text !== 'string') return null
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
