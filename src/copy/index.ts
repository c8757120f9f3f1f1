export { copySessions } from './copy-sessions.ts'
export { movingStore } from './moving-store.ts'

export type { CopyOptions } from './copy-sessions.ts'
export type { CopyAborted, CopyError, SourceFailed, TargetFailed } from './errors.ts'
export type { KeyedStore } from './keyed-store.ts'
export type { MovingStoreOptions } from './moving-store.ts'
export type { CopyFailure, CopyOutcome, CopyProgress, CopyReport } from './report.ts'
export type { ListableStore, SourceOptions } from './source.ts'
