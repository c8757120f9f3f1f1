// Everything that the trials use of the source beyond its public face, in one place.
export { nodeCalls as nodeFs, type Calls as FsCalls } from '../src/calls.ts'
export type { SessionError as SessionFailure } from '../src/errors.ts'
export { defaultTtl, expiresAt, type StoredSession } from '../src/expiry.ts'
export { merge } from '../src/merge.ts'
export type { StoreOptions } from '../src/options.ts'
export { isTemporary } from '../src/temporary.ts'
