import { FileStore } from '../../src/index.ts'
import { called } from '../../test/support.ts'

// A process that syscall-order/trials.ts starts under strace: it creates a
// directory with a session, changes the session and destroys it, one call after the other.
const [directory = ''] = process.argv.slice(2)
const store = new FileStore(directory, { durable: true, pruneInterval: 0 })
await called(callback => store.set('a', { number: 1 } as never, callback))
await called(callback => store.set('a', { number: 2 } as never, callback))
await called(callback => store.destroy('a', callback))
