import { basename, dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sessionId } from '../src/path.ts'
import { asideOf, isTemporary, temporaryFile } from '../src/temporary.ts'
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

const aside = suite('asideOf')

aside('is beside the file, hidden, and says whose it is', () => {
  assert.is(asideOf('/sessions/of mine/abc.json'), '/sessions/of mine/.abc.json.pruning')
})

aside('is a name, however long that of the session', () => {
  for (const length of [245, 246, 247, 255]) {
    const name = basename(asideOf('/sessions/' + 'x'.repeat(length)))
    assert.match(name, length <= 246 ? /^\.x+\.pruning$/ : /^\.~[0-9a-f]{64}\.pruning$/)
    assert.ok(name.length <= 255)
  }
})

aside('is never the name of a session', () => {
  for (const extension of ['.json', '', '.pruning', 'pruning', 'g']) {
    assert.is(sessionId(basename(asideOf('/sessions/abc')), { extension }), null)
  }
})

aside('is the same for one file each time and in each process, wherever that sees it from', async () => {
  const source = "import { asideOf } from '../src/temporary.ts'; console.log(asideOf('/sessions/abc.json'))"
  const { output } = await runModule(source.replace('abc', 'x'.repeat(250)))
  assert.is(output, `${asideOf(`/sessions/${'x'.repeat(250)}.json`)}\n`)
  assert.is(basename(asideOf('abc.json')), basename(asideOf('/sessions/abc.json')))
})

aside('is another for each file', () => {
  const files = [1, 2, 'x'.repeat(254), 'y'.repeat(254)].map(name => asideOf(`/sessions/${name}`))
  assert.is(new Set(files).size, 4)
})

aside.run()

const temporary = suite('isTemporary')

temporary('is so for every name that is made here', () => {
  for (let time = 0; time < 100; time++) assert.is(isTemporary(basename(temporaryFile('/sessions/abc.json'))), true)
  for (const name of ['abc.json', 'abc', 'x'.repeat(255)]) assert.is(isTemporary(basename(asideOf(`/sessions/${name}`))), true)
})

temporary('is not so for anything else', () => {
  const names = ['abc.json', '.hidden', '.tmp', '.pruned', '.gitkeep', '.5f0c9a3b7d21-0', '5f0c9a3b7d21-0.tmp', '.5f0c9a3b7d21-.tmp', '.5f0c9a3b7d2-0.tmp', '.5F0C9A3B7D21-0.tmp', '.5f0c9a3b7d21-0.tmp~', 'x.5f0c9a3b7d21-0.tmp', 'abc.json.pruning', '.abc.json.pruning~', '']
  for (const name of names) assert.is(isTemporary(name), false)
})

temporary.run()
