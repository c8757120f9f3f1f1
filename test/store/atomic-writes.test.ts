import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { namesIn, rejection, suiteOnDisk } from '../support.ts'
import { storeMaker, turn, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, atomic writes (${way})`)
  const storeOn = storeMaker(options)

  test('shows whole sessions at every moment', async ({ directory }) => {
    const { store, set } = storeOn(directory)
    const { get } = storeOn(directory)
    const session = (n: number) => ({ n, text: String(n % 10).repeat(50_000) })
    await set('abc', session(0))
    const writing = { isDone: false }
    const reading = (async () => {
      let reads = 0
      for (; !writing.isDone || reads === 0; reads++) {
        const [raw, found] = [JSON.parse(await readFile(store.sessionFile('abc'), 'utf8')), await get('abc')]
        assert.equal(raw, session(raw.n))
        assert.equal(found, session(found.n))
        await turn()
      }
    })()
    for (let n = 1; n < 50; n++) await set('abc', session(n))
    writing.isDone = true
    await reading
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  test('leaves no temporary file of a write that failed', async ({ directory }) => {
    const { store, set } = storeOn(directory)
    await mkdir(join(store.sessionFile('abc'), 'inner'), { recursive: true })
    await rejection(set('abc', { user: 'ada' }))
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  test.run()
}
