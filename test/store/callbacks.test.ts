import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { promised, suiteOnDisk } from '../support.ts'
import { storeMaker, turn, ways } from './support.ts'

// Cannot be serialized.
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, callbacks (${way})`)
  const storeOn = storeMaker(options)

  test('takes null for no callback, and says of what is none what it is, in one line', async ({ directory }) => {
    const { store, get } = storeOn(directory)
    store.set('abc', { user: 'ada' } as any, null as never)
    assert.equal(await get('abc'), { user: 'ada' })
    assert.throws(() => store.set('abc', { user: 'bob' } as any, { a: { b: 1 } } as never), /not \{ a: \[Object\] \}$/)
    assert.equal(await get('abc'), { user: 'ada' })
  })

  test('runs each callback exactly once', async ({ directory }) => {
    const { store } = storeOn(directory)
    await mkdir(join(store.sessionFile('refused'), 'inner'), { recursive: true })
    await writeFile(store.sessionFile('broken'), 'no session')
    const counts = new Map<string, number>()
    const calls: Array<Promise<void>> = []
    const once = (name: string, call: (done: () => void) => void) => {
      counts.set(name, 0)
      calls.push(new Promise(resolve => call(() => {
        counts.set(name, counts.get(name)! + 1)
        resolve()
      })))
    }
    for (const id of ['abc', 'refused', 'broken', '']) {
      for (let time = 0; time < 5; time++) {
        once(`get ${id} ${time}`, done => store.get(id, done))
        once(`set ${id} ${time}`, done => store.set(id, { time } as any, done))
        once(`fail ${id} ${time}`, done => store.set(id, cycle as any, done))
        once(`destroy ${id} ${time}`, done => store.destroy(id, done))
      }
    }
    await Promise.all(calls)
    await store.close()
    await turn()
    assert.is(counts.size, 80)
    assert.equal([...counts.entries()].filter(([, count]) => count !== 1), [])
  })

  test('throws for a callback that is no function, and does nothing', async ({ directory }) => {
    const { store } = storeOn(directory)
    await promised(store).set('abc', { a: 1 })
    const wrong = 'done' as never
    for (const call of [
      () => store.get('abc', wrong), () => store.set('abc', { a: 2 } as any, wrong), () => store.destroy('abc', wrong),
      () => store.touch('abc', { cookie: { path: '/shop' } }, wrong)
    ]) assert.throws(call, (error: unknown) => error instanceof TypeError && error.message === "FileStore needs a callback: a function, not 'done'")
    await store.close()
    assert.equal(await promised(store).get('abc'), { a: 1 })
    await store.close()
  })

  test.run()
}
