import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, privacy (${way})`)
  const storeOn = storeMaker(options)

  test('creates files and the directory for the owner alone', async ({ directory }) => {
    const { store, set } = storeOn(join(directory, 'outer', 'sessions'))
    await set('abc', { user: 'ada' })
    await set('abc', { user: 'bob' })
    assert.is((await stat(store.sessionFile('abc'))).mode & 0o777, 0o600)
    assert.is((await stat(join(directory, 'outer', 'sessions'))).mode & 0o777, 0o700)
  })

  test('leaves a directory that exists as it is', async ({ directory }) => {
    await chmod(directory, 0o755)
    const { set } = storeOn(directory)
    await set('abc', { user: 'ada' })
    assert.is((await stat(directory)).mode & 0o777, 0o755)
  })

  test('creates with the modes that it is told', async ({ directory }) => {
    const { store, set } = storeOn(join(directory, 'sessions'), { fileMode: 0o640, directoryMode: 0o750 })
    await set('abc', { user: 'ada' })
    assert.is((await stat(store.sessionFile('abc'))).mode & 0o777, 0o640)
    assert.is((await stat(join(directory, 'sessions'))).mode & 0o777, 0o750)
  })

  test.run()
}
