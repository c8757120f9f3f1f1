import { readFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { FileStore } from '../../src/index.ts'
import { namesIn, promised, suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, order (${way})`)
  const storeOn = storeMaker(options)

  const orders: ReadonlyArray<readonly [what: string, changes: ReadonlyArray<object | null>]> = [
    ['set, then destroy, leaves nothing', [{ n: 1 }, null]],
    ['destroy, then set, leaves the session', [null, { n: 1 }]],
    ['a second set wins', [{ n: 1 }, { n: 2 }]],
    ['the last of many sets wins', Array.from({ length: 20 }, (_, n) => ({ n }))],
    ['the last of all kinds wins', [{ n: 1 }, null, { n: 2 }, null, { n: 3 }]],
    ['the last destroy wins', [{ n: 1 }, null, { n: 2 }, { n: 3 }, null]],
    ['a set of the same as is being written is written', [{ n: 1 }, { n: 1 }, { n: 1 }]]
  ]

  for (const [what, changes] of orders) {
    test(`${what}, of a session that is new and of one that is not`, async ({ directory }) => {
      const { store, get, set, destroy } = storeOn(directory)
      for (let time = 0; time < 3; time++) {
        const last = changes.at(-1) ?? null
        await Promise.all(changes.map(change => change === null ? destroy('abc') : set('abc', change)))
        assert.equal(await get('abc'), last)
        assert.equal(await namesIn(directory), last === null ? [] : ['abc.json'])
        assert.equal(await promised(new FileStore(directory, { pruneInterval: 0 })).get('abc'), last)
      }
      await set('abc', { after: true })
      assert.is(await readFile(store.sessionFile('abc'), 'utf8'), '{"after":true}')
      await destroy('abc')
      assert.equal(await namesIn(directory), [])
    })
  }

  test.run()
}
