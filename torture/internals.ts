// Everything that the trials use of the source beyond its public face, in one place.
export { nodeFs, type FsCalls } from '../src/fs/node.ts'
export { isTemporary } from '../src/fs/temporary.ts'
export { defaultTtl, expiresAt } from '../src/session/expiry.ts'
export { merge } from '../src/session/merge.ts'
