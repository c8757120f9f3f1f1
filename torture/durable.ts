import { FileStore } from '../src/index.ts'
import { called } from '../test/support.ts'

// A process of its own, started by trace.ts under strace: makes a directory
// with a session, changes it, and ends it, one after the other.
const [directory = ''] = process.argv.slice(2)
const store = new FileStore(directory, { durable: true, pruneInterval: 0 })
await called(done => store.set('a', { number: 1 } as never, done))
await called(done => store.set('a', { number: 2 } as never, done))
await called(done => store.destroy('a', done))
