import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore } from '../../../src/index.ts'
import { Redactor } from '../../../src/dashboard/redact.ts'
import { FieldSearches } from '../../../src/dashboard/search/field-searches.ts'
import { matchLimit } from '../../../src/dashboard/search/field-search.ts'
import { parseFieldTest } from '../../../src/dashboard/search/field-test.ts'
import { SessionSource } from '../../../src/dashboard/source.ts'
import { suiteOnDisk } from '../../support.ts'

const test = suiteOnDisk('FieldSearches')

/** A store whose list never ends unless it is told to. */
class SlowStore extends FileStore {
  isOver = false
  started = 0

  override async * list () {
    this.started++
    while (!this.isOver) {
      await new Promise(resolve => setTimeout(resolve, 1))
      yield { id: 'x', session: {} as any, lastUsedAt: new Date(), expiresAt: new Date(), size: 1 }
    }
  }
}

function searchesOf (store: FileStore): FieldSearches {
  return new FieldSearches({ source: new SessionSource(store), redactor: new Redactor([]) })
}

test('goes on with a search that is running', async ({ directory }) => {
  const store = new SlowStore(directory)
  const searches = searchesOf(store)
  const first = await searches.find(parseFieldTest('a')!)
  assert.is(first.isDone, false)
  assert.is(await searches.find(parseFieldTest('a')!), first)
  assert.is(store.started, 1)
  searches.close()
  await first.finished
  assert.is(first.isDone, true)
})

test('stops the oldest of three', async ({ directory }) => {
  const store = new SlowStore(directory)
  const searches = searchesOf(store)
  const [first, second, third] = await Promise.all(['a', 'b', 'c'].map(text => searches.find(parseFieldTest(text)!)))
  await first!.finished
  assert.equal([first!.isDone, second!.isDone, third!.isDone], [true, false, false])
  searches.close()
})

test('shows what was found again without another search', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{"a":1}')
  const store = new FileStore(directory, { pruneInterval: 0 })
  const searches = searchesOf(store)
  const first = await searches.find(parseFieldTest('a=1')!)
  assert.is(await searches.find(parseFieldTest('a=1')!), first)
  assert.equal([first.matches.map(({ name }) => name), first.scanned, first.isDone], [['abc'], 1, true])
})

test('keeps no more than a limit', async ({ directory }) => {
  for (let number = 0; number < matchLimit + 5; number++) await writeFile(join(directory, `s${number}.json`), '{"a":1}')
  const search = await searchesOf(new FileStore(directory, { pruneInterval: 0 })).find(parseFieldTest('a')!)
  await search.finished
  assert.equal([search.matches.length, search.isFull], [matchLimit, true])
})

test.run()
