// Everything that the trials use of the source beyond its public face, in one place.
export { busyCodes } from '../src/fs/errno.ts'
export { nodeFs, type FsCalls } from '../src/fs/node.ts'
export { isTemporary } from '../src/fs/temporary.ts'
export { defaultTtl, expiryOf } from '../src/session/expiry.ts'
export { merge } from '../src/session/merge.ts'
