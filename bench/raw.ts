import * as fs from 'node:fs'
import { join } from 'node:path'
import type { BenchSession } from './sessions.ts'
import type { Store } from './stores.ts'
import type { Verbs } from './verbs.ts'

/**
 * `node:fs` doing the least that is correct for each operation: it has the
 * stamp looked at before a text in memory is used, a touch for what only moved,
 * and a rename over what changed; no ids to judge, no cache to bound, no order
 * to keep, no expiry.
 */
export function rawVerbs (directory: string): Verbs {
  const texts = new Map<string, string>()
  const fileOf = (id: string) => join(directory, `${id}.json`)
  let count = 0

  function replace (id: string, session: BenchSession, done: (error?: unknown) => void): void {
    const text = JSON.stringify(session)
    const temporary = join(directory, `.${process.pid}-${count++}.tmp`)
    fs.writeFile(temporary, text, { flag: 'wx', mode: 0o600 }, failure => {
      if (failure) return done(failure)
      fs.rename(temporary, fileOf(id), failure => {
        texts.set(id, text)
        done(failure)
      })
    })
  }

  return {
    known (id, done) {
      const text = fs.statSync(fileOf(id), { throwIfNoEntry: false }) === undefined ? undefined : texts.get(id)
      done(null, text === undefined ? null : JSON.parse(text))
    },
    unknown (id, done) {
      done(null, fs.statSync(fileOf(id), { throwIfNoEntry: false }) === undefined ? null : undefined)
    },
    unchanged (id, session, done) {
      const stats = fs.statSync(fileOf(id))
      const isSame = JSON.stringify(session) === texts.get(id) && stats.size > 0
      done(isSame ? null : new Error('It changed'))
    },
    moved (id, session, done) {
      texts.set(id, JSON.stringify(session))
      const seconds = ((session.cookie.expires?.getTime() ?? 0) - (session.cookie.originalMaxAge ?? 0)) / 1000
      fs.utimesSync(fileOf(id), seconds, seconds)
      done()
    },
    changed: replace,
    added: replace,
    destroyed (id, done) {
      texts.delete(id)
      fs.unlink(fileOf(id), done)
    }
  }
}

/** The same as a store: what any one costs at least that looks at the file before it believes its memory. */
export function rawStore (directory: string): Store {
  const { known, moved, changed, destroyed } = rawVerbs(directory)
  const contents = new Map<string, string>()
  return {
    get: known,
    set (id, session, done) {
      const content = JSON.stringify({ ...session, cookie: undefined })
      if (content === contents.get(id)) return moved(id, session, done)
      contents.set(id, content)
      changed(id, session, done)
    },
    destroy: destroyed
  }
}
