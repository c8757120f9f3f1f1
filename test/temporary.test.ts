import { basename, dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sessionId } from '../src/path.ts'
import { isTemporary, temporaryFile } from '../src/temporary.ts'
import { runModule } from './support.ts'

const test = suite('temporaryFile')

test('is beside the file', () => {
  assert.is(dirname(temporaryFile('/sessions/of mine/abc.json')), '/sessions/of mine')
})

test('is hidden', () => {
  assert.match(basename(temporaryFile('/sessions/abc.json')), /^\./)
})

test('is never the name of a session', () => {
  for (const extension of ['.json', '', '.tmp', 'tmp', 'p']) {
    assert.is(sessionId(basename(temporaryFile('/sessions/abc')), { extension }), null)
  }
})

test('is another each time, for one file too', () => {
  const files = Array.from({ length: 1_000 }, () => temporaryFile('/sessions/abc.json'))
  assert.is(new Set(files).size, 1_000)
})

test('is short, however long the name of the session', () => {
  assert.ok(basename(temporaryFile('/sessions/' + 'x'.repeat(255))).length < 64)
})

test('is another in each process', async () => {
  const source = "import { temporaryFile } from '../src/temporary.ts'; console.log(temporaryFile('/sessions/abc.json'))"
  const [one, other] = await Promise.all([runModule(source), runModule(source)])
  assert.match(one.output, /^\/sessions\/\.\S+\n$/)
  assert.match(other.output, /^\/sessions\/\.\S+\n$/)
  assert.is.not(one.output, other.output)
})

test.run()

const temporary = suite('isTemporary')

temporary('is so for every name that is made here', () => {
  for (let time = 0; time < 100; time++) assert.is(isTemporary(basename(temporaryFile('/sessions/abc.json'))), true)
})

temporary('is not so for anything else', () => {
  const names = ['abc.json', '.hidden', '.tmp', '.pruned', '.gitkeep', '.5f0c9a3b7d21-0', '5f0c9a3b7d21-0.tmp', '.5f0c9a3b7d21-.tmp', '.5f0c9a3b7d2-0.tmp', '.5F0C9A3B7D21-0.tmp', '.5f0c9a3b7d21-0.tmp~', 'x.5f0c9a3b7d21-0.tmp', '']
  for (const name of names) assert.is(isTemporary(name), false)
})

temporary.run()
