/** Why an id cannot name a file: it is empty, not well-formed Unicode, or too long. The disk was not asked. */
export interface InvalidId { readonly type: 'invalid-id', readonly id: unknown, readonly reason: string }

/** The disk refused to show the file, or what bears its name is not a regular file. It is as it was. */
export interface ReadFailed { readonly type: 'read-failed', readonly file: string, readonly cause: unknown }

/** The file was read and is not a JSON object, or holds a forbidden `__proto__`. It stays: it may be all there is. */
export interface Malformed { readonly type: 'malformed', readonly file: string, readonly cause: unknown }

/** The file is sealed, and was not opened: no secret does, or it was altered, or renamed from another id. It stays. */
export interface Sealed { readonly type: 'sealed', readonly file: string, readonly reason: string }

/** The file is not sealed, and only sealed ones are read (`requireEncryption`). It stays. */
export interface Unsealed { readonly type: 'unsealed', readonly file: string }

/** The session cannot be JSON (a cycle, a `BigInt`, a `toJSON` that throws) or is not an object. Nothing was written. */
export interface NotSerializable { readonly type: 'not-serializable', readonly file: string, readonly cause: unknown }

/**
 * Nothing was written; the file holds what it held before. Only where `durable`
 * is set and the directory could not be flushed, it may hold the new session.
 */
export interface WriteFailed { readonly type: 'write-failed', readonly file: string, readonly cause: unknown }

/** The file could not be removed, and may still be there. */
export interface RemoveFailed { readonly type: 'remove-failed', readonly file: string, readonly cause: unknown }

/** The directory could not be walked through; what was removed until then is gone, everything else is as it was. */
export interface WalkFailed { readonly type: 'walk-failed', readonly directory: string, readonly cause: unknown }

/** Everything that can go wrong with a session: a closed union, told apart by `type`. */
export type SessionError =
  InvalidId | ReadFailed | Malformed | Sealed | Unsealed | NotSerializable | WriteFailed | RemoveFailed | WalkFailed

/** Why there is no session to see in a file that is there. */
export type Unreadable = ReadFailed | Malformed | Sealed | Unsealed
