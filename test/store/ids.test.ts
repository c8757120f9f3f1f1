import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import * as assert from 'uvu/assert'
import { namesIn, rejection, suiteOnDisk } from '../support.ts'
import { storeMaker, turn, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, ids (${way})`)
  const storeOn = storeMaker(options)

  const ids = [
    'constructor', '__proto__', 'toString', '.', '..', '../x', '../../x', '/x', 'a/b', 'a\\b', 'a\0b', 'a\nb', '.hidden', '.pruned', 'a.json', 'a',
    'A'.repeat(200), '%2E', 'é', 'e\u0301', '\u{1F600}', ' ', '~', '-', '*'
  ]

  test('keeps odd ids apart, and all of them in the directory', async ({ directory }) => {
    const inner = join(directory, 'sessions')
    const { get, set, destroy, store } = storeOn(inner)
    await Promise.all(ids.map((id, index) => set(id, { index })))
    assert.equal(await Promise.all(ids.map(id => get(id))), ids.map((_, index) => ({ index })))
    assert.equal(await namesIn(directory), ['sessions'])
    assert.is((await readdir(inner)).length, ids.length)
    for (const id of ids) assert.not.match(relative(inner, store.sessionFile(id)), sep)
    await destroy(ids[0]!)
    assert.equal(await Promise.all(ids.slice(1).map(id => get(id))), ids.slice(1).map((_, index) => ({ index: index + 1 })))
    await Promise.all(ids.map(id => destroy(id)))
    assert.equal(await namesIn(inner), [])
  })

  for (const id of ['', '\uD800', 'x'.repeat(300), undefined, null, 7] as string[]) {
    test(`refuses ${JSON.stringify(id)?.slice(0, 20)} as an id`, async ({ directory }) => {
      const { store, get, set, destroy, failures } = storeOn(directory)
      assert.throws(() => store.sessionFile(id), (error: unknown) => error instanceof TypeError && (error.cause as any).type === 'invalid-id')
      assert.is(await get(id), null)
      await turn()
      assert.equal(failures.map(({ type }) => type), ['invalid-id'])
      for (const error of [await rejection(set(id, {})), await rejection(destroy(id))]) {
        assert.instance(error.cause, Error)
        assert.equal({ ...error.cause, reason: '' }, { type: 'invalid-id', id, reason: '', code: 'invalid-id' })
      }
      assert.equal(await namesIn(directory), [])
    })
  }

  test('two stores on two directories share nothing', async ({ directory }) => {
    const [one, other] = [storeOn(join(directory, 'one')), storeOn(join(directory, 'other'))]
    await one.set('abc', { user: 'ada' })
    assert.is(await other.get('abc'), null)
    await other.set('abc', { user: 'bob' })
    assert.equal(await one.get('abc'), { user: 'ada' })
    await one.destroy('abc')
    assert.equal(await other.get('abc'), { user: 'bob' })
  })

  test.run()
}
