import { basename, dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isTemporary, temporaryFile } from '../../src/fs/temporary.ts'
import { sessionId } from '../../src/path.ts'
import { runModule } from '../support.ts'

const test = suite('temporaryFile')

test('names a file in the same directory', () => {
  assert.is(dirname(temporaryFile('/sessions/of mine/abc.json')), '/sessions/of mine')
})

test('gives a hidden name', () => {
  assert.match(basename(temporaryFile('/sessions/abc.json')), /^\./)
})

test('never gives the name of a session, whatever the extension', () => {
  for (const extension of ['.json', '', '.tmp', 'tmp', 'p']) {
    assert.is(sessionId(basename(temporaryFile('/sessions/abc')), { extension }), null)
  }
})

test('gives another name at each call, for the same file too', () => {
  const files = Array.from({ length: 1_000 }, () => temporaryFile('/sessions/abc.json'))
  assert.is(new Set(files).size, 1_000)
})

test('gives a short name, however long that of the session is', () => {
  assert.ok(basename(temporaryFile('/sessions/' + 'x'.repeat(255))).length < 64)
})

test('gives other names in each process', async () => {
  const source = "import { temporaryFile } from '../src/fs/temporary.ts'; console.log(temporaryFile('/sessions/abc.json'))"
  const [one, other] = await Promise.all([runModule(source), runModule(source)])
  assert.match(one.output, /^\/sessions\/\.\S+\n$/)
  assert.match(other.output, /^\/sessions\/\.\S+\n$/)
  assert.is.not(one.output, other.output)
})

test.run()

const temporary = suite('isTemporary')

temporary('is true for every name that temporaryFile gives', () => {
  for (let time = 0; time < 100; time++) assert.is(isTemporary(basename(temporaryFile('/sessions/abc.json'))), true)
})

temporary('is false for any other name', () => {
  const names = ['abc.json', '.hidden', '.tmp', '.pruned', '.gitkeep', '.5f0c9a3b7d21-0', '5f0c9a3b7d21-0.tmp', '.5f0c9a3b7d21-.tmp', '.5f0c9a3b7d2-0.tmp', '.5F0C9A3B7D21-0.tmp', '.5f0c9a3b7d21-0.tmp~', 'x.5f0c9a3b7d21-0.tmp', '']
  for (const name of names) assert.is(isTemporary(name), false)
})

temporary.run()
