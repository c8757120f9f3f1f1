import type { Stats } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'neverthrow'
import { Cipher, Disk, type ReadFailure, type StoredSession } from '../index.ts'
import { describeSession, type DescribedSession } from './core.ts'
import { reasonOf } from './exit.ts'
import { lastUseOf, statOf } from './files.ts'

/** How long a session lives after its last use when its cookie does not say, in milliseconds: the store's default. */
export const defaultTtl = 14 * 24 * 60 * 60 * 1000

/** A file with a session's name, and what is in it. */
export type Inspected = InspectedSession | InspectedOther

/** A file that holds a session, expired or not. */
export interface InspectedSession extends FileFacts {
  readonly kind: 'session'
  readonly session: StoredSession
  readonly expiresAt: number
  readonly isExpired: boolean
  readonly isEncrypted: boolean
  /** Whether it is encrypted under a secret that is not the first one. */
  readonly isUnderOldSecret: boolean
  /** Whether it is a JSON object without a cookie: the store reads it as a session, and never removes it. */
  readonly isForeign: boolean
}

/**
 * A file that holds none: `foreign` is valid JSON, `unreadable` is not, `locked` is encrypted under a secret that was
 * not given, `refused` was not shown by the file system.
 */
export interface InspectedOther extends FileFacts {
  readonly kind: 'foreign' | 'unreadable' | 'locked' | 'refused'
  readonly reason: string
}

interface FileFacts {
  readonly id: string
  readonly name: string
  readonly file: string
  readonly stats: Stats
  readonly lastUsedAt: number
  readonly size: number
}

interface Reading {
  readonly result: Result<DescribedSession | null, ReadFailure>
  readonly isEncrypted: boolean
  readonly isUnderOldSecret: boolean
}

/** What `Inspector` needs to know of a store. */
export interface InspectOptions {
  readonly directory: string
  readonly extension: string
  readonly ttl?: number | undefined
  /** The first one encrypts, all decrypt. */
  readonly secrets: readonly string[]
}

// This process does nothing else that a slow disk could block.
const alwaysSync = { slowCallMs: Infinity, slowCalls: Infinity, stalledCallMs: Infinity, maxSyncBytes: Infinity }

/** Reads the session files of a directory, as the store would. */
export class Inspector {
  readonly #options: InspectOptions
  readonly #disk = new Disk('auto', { limits: alwaysSync })
  readonly #all: Cipher | undefined
  readonly #first: Cipher | undefined

  constructor (options: InspectOptions) {
    const [first] = options.secrets
    this.#options = options
    this.#all = first === undefined ? undefined : new Cipher(options.secrets)
    this.#first = first === undefined ? undefined : new Cipher(first)
  }

  /** The file `name`, or `null` when it is gone. */
  async inspect ({ id, name }: { readonly id: string, readonly name: string }): Promise<Inspected | null> {
    const file = join(this.#options.directory, name)
    let stats: Stats | null
    try {
      stats = statOf(file)
    } catch (cause) {
      return refused({ id, name, file }, cause)
    }
    if (stats === null) return null
    const facts = { id, name, file, stats, lastUsedAt: lastUseOf(stats), size: stats.size }
    const { result, isEncrypted, isUnderOldSecret } = await this.#read(file, facts.lastUsedAt)
    return result.match(
      described => described && describe(facts, described, isEncrypted, isUnderOldSecret),
      failure => explain(facts, failure)
    )
  }

  // With secrets, first as what is most likely: encrypted under the first one.
  async #read (file: string, lastUsedAt: number): Promise<Reading> {
    const { extension, ttl = defaultTtl, secrets } = this.#options
    const options = { extension, ttl, disk: this.#disk }
    const plain = async () => ({ result: await describeSession(file, lastUsedAt, options), isEncrypted: false, isUnderOldSecret: false })
    if (this.#first === undefined) return await plain()
    const result = await describeSession(file, lastUsedAt, { ...options, secret: this.#first, requireEncryption: true })
    const failure = result.isErr() ? result.error.type : null
    if (failure === 'not-encrypted') return await plain()
    if (failure !== 'decrypt-failed' || secrets.length === 1) return { result, isEncrypted: true, isUnderOldSecret: false }
    return { result: await describeSession(file, lastUsedAt, { ...options, secret: this.#all!, requireEncryption: true }), isEncrypted: true, isUnderOldSecret: true }
  }
}

function describe (facts: FileFacts, { session, expiresAt }: DescribedSession, isEncrypted: boolean, isUnderOldSecret: boolean): InspectedSession {
  const { cookie } = session
  // `readSession` gives a session without a cookie one that cannot be enumerated.
  const hasCookie = typeof cookie === 'object' && cookie !== null && !Array.isArray(cookie) && Object.keys(session).includes('cookie')
  return { ...facts, kind: 'session', session, expiresAt, isExpired: expiresAt <= Date.now(), isEncrypted, isUnderOldSecret, isForeign: !isEncrypted && !hasCookie }
}

function explain (facts: FileFacts, failure: ReadFailure): InspectedOther {
  switch (failure.type) {
    case 'read-failed': return { ...facts, kind: 'refused', reason: reasonOf(failure.cause) }
    case 'decrypt-failed': return { ...facts, kind: 'locked', reason: 'it is encrypted, and none of the secrets decrypts it' }
    case 'not-encrypted': return { ...facts, kind: 'unreadable', reason: 'it is not encrypted' }
    case 'malformed': {
      const { isJson = false, message } = failure.cause as Error & { readonly isJson?: boolean }
      return { ...facts, kind: isJson ? 'foreign' : 'unreadable', reason: facts.size === 0 ? 'it is empty' : message }
    }
  }
}

function refused ({ id, name, file }: { id: string, name: string, file: string }, cause: unknown): InspectedOther {
  return { id, name, file, stats: {} as Stats, lastUsedAt: 0, size: 0, kind: 'refused', reason: reasonOf(cause) }
}
