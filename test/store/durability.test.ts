import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, durability (${way})`)
  const storeOn = storeMaker(options)

  test('writes durably when told to', async ({ directory }) => {
    const { get, set, destroy } = storeOn(join(directory, 'sessions'), { durable: true })
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    await destroy('abc')
    assert.is(await get('abc'), null)
  })

  test('makes its directory again when that is gone', async ({ directory }) => {
    const { get, set } = storeOn(join(directory, 'sessions'))
    await set('abc', { user: 'ada' })
    await rm(join(directory, 'sessions'), { recursive: true })
    assert.is(await get('abc'), null)
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
  })

  test.run()
}
