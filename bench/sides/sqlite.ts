import { join } from 'node:path'
import { importModule } from '../machine/modules.ts'
import type { Store } from './side.ts'

interface Statement { get: (...values: unknown[]) => unknown, run: (...values: unknown[]) => unknown }

interface Database { pragma: (text: string) => unknown, exec: (text: string) => unknown, prepare: (text: string) => Statement }

/**
 * The least work of a store on SQLite: JSON in one table, statements prepared
 * once, a write-ahead log. `synchronous = NORMAL`, as better-sqlite3 recommends
 * with it: a loss of power may cost the last sessions, as it may with files.
 * https://github.com/WiseLibs/better-sqlite3/blob/master/docs/performance.md
 */
export async function sqliteStore (directory: string): Promise<Store> {
  const { default: Sqlite } = await importModule<{ default: new (file: string) => Database }>('better-sqlite3')
  const database = new Sqlite(join(directory, 'sessions.sqlite'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY, text TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID')
  const select = database.prepare('SELECT text FROM sessions WHERE id = ? AND expires > ?')
  const replace = database.prepare('INSERT INTO sessions VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text, expires = excluded.expires')
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?')
  return {
    get (id, callback) {
      const row = select.get(id, Date.now()) as { text: string } | undefined
      callback(null, row === undefined ? null : JSON.parse(row.text))
    },
    set (id, session, callback) {
      replace.run(id, JSON.stringify(session), session.cookie.expires?.getTime() ?? 0)
      callback()
    },
    destroy (id, callback) {
      remove.run(id)
      callback()
    }
  }
}
