export { FileStore } from './store.ts'
export { sessionFile, sessionId } from './path.ts'
export { readSession } from './read.ts'
export { writeIfChanged } from './write.ts'
export { removeSession } from './remove.ts'
export { listSessions } from './list.ts'
export { pruneSessions } from './pruning/prune.ts'
export { checkDirectory } from './check.ts'
export { copySessions, movingStore } from './copy/index.ts'
export { Cipher } from './encryption/cipher.ts'
export { SessionCache } from './cache.ts'
export { Disk } from './fs/disk.ts'

export type { Callback } from './callbacks.ts'
export type { CheckOptions } from './check.ts'
export type {
  CopyAborted, CopyError, CopyFailure, CopyOptions, CopyOutcome, CopyProgress, CopyReport, KeyedStore, ListableStore, MovingStoreOptions,
  SourceFailed, TargetFailed
} from './copy/index.ts'
export type { Decrypted, Secret } from './encryption/cipher.ts'
export type { EncryptionOptions } from './encryption/envelope.ts'
export type {
  CheckFailed, DecryptFailed, DirectoryExposed, DiskSlow, InvalidId, Malformed, NotEncrypted, NotSerializable, ReadFailed, ReadFailure,
  RemoveFailed, ScanFailed, SessionError, TouchFailed, UnsupportedPlugin, WriteFailed
} from './errors.ts'
export type { ReplaceOptions } from './fs/atomic.ts'
export type { DiskOptions, Io, SyncLimits } from './fs/disk.ts'
export type { ListedSession, ListOptions } from './list.ts'
export type { StoreFailure } from './observability/messages.ts'
export type { Logger, ReportOptions } from './observability/reporter.ts'
export type { StoreStats } from './observability/statistics.ts'
export type { StoreOptions } from './options.ts'
export type { PathOptions } from './path.ts'
export type { PruneOptions, PruneReport } from './pruning/prune.ts'
export type { ReadOptions } from './read.ts'
export type { RemoveOptions } from './remove.ts'
export type { ExpiryOptions } from './session/expiry.ts'
export type { StoredCookie, StoredSession } from './session/session.ts'
export type { Written, WriteOptions } from './write.ts'
