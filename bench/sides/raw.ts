import * as fs from 'node:fs'
import { join } from 'node:path'
import { expiryOf, type BenchSession } from '../fixtures/session.ts'
import type { Callback, GetCallback, Store } from './side.ts'

/** The operations of a file store, each with the fewest system calls that are correct. */
export interface RawOperations {
  readonly get: (id: string, callback: GetCallback) => void
  /** Records a use of a session whose content did not change, at most once a second. */
  readonly touch: (id: string, session: BenchSession, callback: Callback) => void
  /** Replaces the file atomically, and leaves the same on disk as this store: content, last use, expiry. */
  readonly replace: (id: string, session: BenchSession, callback: Callback) => void
  readonly remove: (id: string, callback: Callback) => void
}

// In milliseconds; as this store does by default.
const touchInterval = 1_000

/**
 * The operations through synchronous calls. There is no check of ids, no bound
 * on memory, no order of operations and no expiry. With `isExact`, a replacement makes all the calls that this store makes: it
 * also asks for the version of the new file, by which changes of other processes are recognized, and for that of the file
 * that it replaces.
 */
export function rawSync (directory: string, { isExact = false } = {}): RawOperations {
  const { texts, fileOf, temporaryFile, isDue } = rawState(directory)
  return {
    get (id, callback) {
      const stats = fs.statSync(fileOf(id), { throwIfNoEntry: false })
      const text = stats === undefined ? undefined : texts.get(id)
      callback(null, text === undefined ? null : JSON.parse(text))
    },
    touch (id, session, callback) {
      texts.set(id, JSON.stringify(session))
      const { expires, lastUsed } = expiryOf(session)
      if (isDue(id, lastUsed)) fs.utimesSync(fileOf(id), expires / 1000, lastUsed / 1000)
      callback()
    },
    replace (id, session, callback) {
      const text = JSON.stringify(session)
      const temporary = temporaryFile()
      const { expires, lastUsed } = expiryOf(session)
      const descriptor = fs.openSync(temporary, 'wx', 0o600)
      fs.writeSync(descriptor, text)
      fs.futimesSync(descriptor, expires / 1000, lastUsed / 1000)
      if (isExact) fs.fstatSync(descriptor)
      fs.closeSync(descriptor)
      if (isExact) fs.statSync(fileOf(id), { throwIfNoEntry: false })
      fs.renameSync(temporary, fileOf(id))
      texts.set(id, text)
      callback()
    },
    remove (id, callback) {
      texts.delete(id)
      fs.unlinkSync(fileOf(id))
      callback()
    }
  }
}

/** The same through the thread pool. The times of a new file are left to the file system: one trip less. */
export function rawPool (directory: string): RawOperations {
  const { texts, fileOf, temporaryFile, isDue } = rawState(directory)
  return {
    get (id, callback) {
      fs.stat(fileOf(id), error => {
        const text = error ? undefined : texts.get(id)
        callback(null, text === undefined ? null : JSON.parse(text))
      })
    },
    touch (id, session, callback) {
      texts.set(id, JSON.stringify(session))
      const { expires, lastUsed } = expiryOf(session)
      if (isDue(id, lastUsed)) fs.utimes(fileOf(id), expires / 1000, lastUsed / 1000, callback)
      else callback()
    },
    replace (id, session, callback) {
      const text = JSON.stringify(session)
      const temporary = temporaryFile()
      fs.writeFile(temporary, text, { flag: 'wx', mode: 0o600 }, error => {
        if (error) return callback(error)
        fs.rename(temporary, fileOf(id), error => {
          texts.set(id, text)
          callback(error)
        })
      })
    },
    remove (id, callback) {
      texts.delete(id)
      fs.unlink(fileOf(id), callback)
    }
  }
}

/** The operations as a store. The content is compared without the cookie, as only the cookie changes with each request. */
export function rawStore ({ get, touch, replace, remove }: RawOperations): Store {
  const contents = new Map<string, string>()
  return {
    get,
    set (id, session, callback) {
      const content = JSON.stringify({ ...session, cookie: undefined })
      if (content === contents.get(id)) return touch(id, session, callback)
      contents.set(id, content)
      replace(id, session, callback)
    },
    destroy (id, callback) {
      contents.delete(id)
      remove(id, callback)
    }
  }
}

function rawState (directory: string) {
  const recordedLastUse = new Map<string, number>()
  let count = 0
  return {
    texts: new Map<string, string>(),
    fileOf: (id: string) => join(directory, `${id}.json`),
    temporaryFile: () => join(directory, `.${process.pid}-${count++}.tmp`),
    isDue (id: string, lastUsed: number): boolean {
      if (lastUsed - (recordedLastUse.get(id) ?? -Infinity) < touchInterval) return false
      recordedLastUse.set(id, lastUsed)
      return true
    }
  }
}
