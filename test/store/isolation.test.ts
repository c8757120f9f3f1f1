import { readFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { loadedByPlugin, rollingSession, clockTick, suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, isolation (${way})`)
  const storeOn = storeMaker(options)

  test('keeps what was set, whatever becomes of the object', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    const session: any = { cart: { items: [1] }, user: 'ada' }
    const setting = set('abc', session)
    session.cart.items.push(2)
    session.user = 'bob'
    assert.equal(await get('abc'), { cart: { items: [1] }, user: 'ada' })
    await setting
    session.cart.items.push(3)
    assert.equal(await get('abc'), { cart: { items: [1] }, user: 'ada' })
  })

  test('gives a new object each time', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const text = JSON.stringify({ cart: { items: [1] }, cookie: { originalMaxAge: 60_000 } })
    await set('abc', JSON.parse(text))
    await clockTick(store.sessionFile('abc'))
    for (let time = 0; time < 4; time++) {
      const { cart, cookie } = await get('abc')
      assert.equal(cart, { items: [1] })
      assert.is(cookie.path, undefined)
      cart.items.push(2)
      cookie.path = '/other'
    }
    assert.is(await readFile(store.sessionFile('abc'), 'utf8'), text)
  })

  test('writes nested changes, and a second change after a set', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const session: any = { cart: { items: [] } }
    for (let item = 1; item < 5; item++) {
      session.cart.items.push(item)
      await set('abc', session)
      assert.is(await readFile(store.sessionFile('abc'), 'utf8'), JSON.stringify(session))
    }
    const found = await get('abc')
    found.cart.items.push(5)
    await set('abc', found)
    assert.equal(await get('abc'), { cart: { items: [1, 2, 3, 4, 5] } })
  })

  test('writes changes of the object that the plugin goes on with', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', rollingSession(Date.now()))
    const session = loadedByPlugin(await get('abc'))
    for (let visit = 1; visit < 4; visit++) {
      session.visits = { count: visit }
      await set('abc', session)
      assert.equal((await get('abc')).visits, { count: visit })
    }
  })

  test.run()
}
