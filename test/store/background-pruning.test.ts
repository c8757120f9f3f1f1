import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore, type SessionFailure } from '../../src/index.ts'
import { namesIn, promised, rollingSession, suiteOnDisk } from '../support.ts'
import { turn } from './support.ts'

const pruning = suiteOnDisk('FileStore, by itself,')

pruning('prunes a second after its first use, unless told not to', async ({ directory }) => {
  const failures: SessionFailure[] = []
  const names = ['recent', 'sessions', 'other']
  const [recent, store, other] = names.map(name => new FileStore(join(directory, name), {
    pruneInterval: name === 'other' ? 0 : 60_000,
    onFailure: failure => { failures.push(failure) }
  })) as [FileStore, FileStore, FileStore]
  const missing = new FileStore(join(directory, 'missing'), { onFailure: failure => { failures.push(failure) } })
  const refused = new FileStore(join(directory, 'a\0b'), { onFailure: failure => { failures.push(failure) } })
  missing.get('abc', () => {})
  refused.get('abc', () => {})
  await mkdir(join(directory, 'recent'))
  await writeFile(join(directory, 'recent', '.pruned'), '')
  for (const each of [recent, store, other]) {
    await promised(each).set('old', rollingSession(0))
    await promised(each).set('ada', rollingSession(Date.now()))
  }
  for (const start = Date.now(); (await namesIn(join(directory, 'sessions'))).includes('old.json');) {
    assert.ok(Date.now() - start < 10_000, 'nothing was pruned')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await Promise.all([recent, store, other, missing, refused].map(each => each.close()))
  await turn()
  assert.equal(await namesIn(join(directory, 'sessions')), ['.pruned', 'ada.json'])
  assert.equal(await namesIn(join(directory, 'other')), ['ada.json', 'old.json'])
  assert.equal(await namesIn(join(directory, 'recent')), ['.pruned', 'ada.json', 'old.json'])
  assert.equal(await namesIn(directory), ['other', 'recent', 'sessions'])
  const seen = failures.map(failure => [failure.type, 'file' in failure ? failure.file : 'directory' in failure && failure.directory])
  assert.equal(seen.sort(), [['read-failed', join(directory, 'a\0b', 'abc.json')], ['scan-failed', join(directory, 'a\0b')]])
})

pruning('stops pruning when it is closed', async ({ directory }) => {
  const names = Array.from({ length: 300 }, (_, index) => `${index}.json`)
  for (const name of names) await writeFile(join(directory, name), JSON.stringify(rollingSession(0)))
  for (const name of names) await utimes(join(directory, name), 0, 0)
  // The store's own timer keeps no process alive.
  const alive = setTimeout(() => {}, 10_000)
  await new Promise<void>(resolve => {
    let isAsked = false
    const store: FileStore = new FileStore(directory, {
      clock () {
        // The lease asks first, when the prune is about to begin.
        if (!isAsked) resolve(store.close())
        isAsked = true
        return Date.now()
      }
    })
    store.get('absent', () => {})
  })
  clearTimeout(alive)
  assert.is((await namesIn(directory)).filter(name => name.endsWith('.json')).length, 300)
})

pruning.run()
