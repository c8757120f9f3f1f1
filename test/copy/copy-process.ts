import { writeSync } from 'node:fs'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { copySessions } from '../../src/copy/index.ts'

// Copies a directory to a Redis and says how far it is after every 100 sessions, then the report. Not more than that: a write to
// a full pipe fails with EAGAIN.
const [directory = '', url = ''] = process.argv.slice(2)
const client = await createClient({ url }).connect()
let said = 0
const result = await copySessions(directory, new RedisStore({ client }), {
  onProgress ({ copied }) {
    if (copied < said + 100) return
    said = copied
    writeSync(1, `${copied}\n`)
  }
})
writeSync(1, `${JSON.stringify(result.isOk() ? result.value : result.error)}\n`)
client.destroy()
