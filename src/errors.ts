/** The id cannot name a file: it is empty, not well-formed Unicode, or too long. No call to the disk was made. */
export interface InvalidId { readonly type: 'invalid-id', readonly id: unknown, readonly reason: string }

/** The file system refused to read the file, or it is not a regular file. It is unchanged. */
export interface ReadFailed { readonly type: 'read-failed', readonly file: string, readonly cause: unknown }

/** The content of the file is not a session. The file is unchanged. `cause` quotes nothing of the content. */
export interface Malformed { readonly type: 'malformed', readonly file: string, readonly cause: unknown }

/** The session is encrypted and could not be decrypted: there is no secret, or the wrong one, or the file was altered or renamed. It is unchanged. */
export interface DecryptFailed { readonly type: 'decrypt-failed', readonly file: string, readonly reason: string }

/** The session is not encrypted, and `requireEncryption` is set. The file is unchanged. */
export interface NotEncrypted { readonly type: 'not-encrypted', readonly file: string }

/**
 * The session cannot be a JSON object: a cycle, a `BigInt`, a `toJSON` that throws, more than 256 levels. Or its cookie cannot
 * be sent to a browser, of which `@fastify/session` would throw in a callback that comes later. Nothing was written.
 */
export interface NotSerializable { readonly type: 'not-serializable', readonly file: string, readonly cause: unknown }

/**
 * The file holds what it held before. Only with `durable`, when the directory could not be flushed, it may hold the new
 * session.
 */
export interface WriteFailed { readonly type: 'write-failed', readonly file: string, readonly cause: unknown }

/** The last use of an unchanged session could not be recorded. The session is unchanged, and may expire early. */
export interface TouchFailed { readonly type: 'touch-failed', readonly file: string, readonly cause: unknown }

/** The file could not be removed, and may still be there. */
export interface RemoveFailed { readonly type: 'remove-failed', readonly file: string, readonly cause: unknown }

/**
 * The pointer from an owner to the session could not be made, or the option `owner` threw or gave something else than a
 * string, so that the session has no owner. The session is as it was written. `listOwner` and
 * `revokeOwner` read all sessions until a prune has made the index complete; if that could not be noted either, those of
 * other processes miss the session until a prune has made its pointer.
 */
export interface IndexFailed { readonly type: 'index-failed', readonly file: string, readonly cause: unknown }

/** The directory could not be read to its end. What was removed until then is gone; everything else is unchanged. */
export interface ScanFailed { readonly type: 'scan-failed', readonly directory: string, readonly cause: unknown }

/** The directory cannot hold sessions: it cannot be made, read or written. It may have been made; nothing else was changed. */
export interface CheckFailed { readonly type: 'check-failed', readonly directory: string, readonly reason: string, readonly cause: unknown }

/** Other users can see the names of the session files. The directory can be used nevertheless. */
export interface DirectoryExposed { readonly type: 'directory-exposed', readonly directory: string, readonly reason: string }

/**
 * The disk was slow, so that changes go through the thread pool for a second, and the callbacks of `set` and `destroy`
 * come later. Nothing failed.
 */
export interface DiskSlow { readonly type: 'disk-slow', readonly directory: string, readonly durationMs: number }

/** An unsupported version of `@fastify/session` is in use: logouts may be undone and changes lost when requests overlap. */
export interface UnsupportedPlugin { readonly type: 'unsupported-plugin', readonly directory: string }

/** Why a file that exists could not be read as a session. */
export type ReadFailure = ReadFailed | Malformed | DecryptFailed | NotEncrypted

/** Everything that can go wrong with a session: a closed union, distinguished by `type`. */
export type SessionFailure =
  InvalidId | ReadFailure | NotSerializable | WriteFailed | TouchFailed | RemoveFailed | IndexFailed | ScanFailed | CheckFailed | DirectoryExposed |
  DiskSlow | UnsupportedPlugin
