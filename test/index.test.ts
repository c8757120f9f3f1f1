import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as exported from '../src/index.ts'

const test = suite('The package')

test('exports what the README names, and nothing else', () => {
  assert.equal(Object.keys(exported).sort(), [
    'Cipher', 'Disk', 'FileStore', 'SessionCache', 'checkDirectory', 'copySessions', 'listSessions', 'movingStore', 'pruneSessions',
    'readSession', 'removeSession', 'sessionFile', 'sessionId', 'writeIfChanged'
  ])
})

test.run()
