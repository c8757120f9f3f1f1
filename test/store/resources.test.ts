import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as assert from 'uvu/assert'
import { namesIn, suiteOnDisk } from '../support.ts'
import { storeMaker, turn, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, resources (${way})`)
  const storeOn = storeMaker(options)

  test('asks nothing of the disk until it is used', async ({ directory }) => {
    storeOn(join(directory, 'sessions'))
    storeOn(join(directory, 'a\0b'))
    await turn()
    assert.equal(await namesIn(directory), [])
  })

  test('holds no more of 20 MB of sessions than its cache may', async ({ directory }) => {
    const { set } = storeOn(directory, { cacheSize: options.cacheSize ?? 1_000_000 })
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const held = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    await set('first', {})
    const before = held()
    for (let chunk = 0; chunk < 4; chunk++) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => set(`${chunk}-${n}`, { n, text: `${chunk}-${n} `.repeat(20_000) })))
    }
    await turn()
    const grown = held() - before
    assert.ok(grown < 6_000_000, `${grown} bytes more`)
  })

  test.run()
}
