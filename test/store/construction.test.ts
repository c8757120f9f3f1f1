import { join, sep } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FileStore, type StoreOptions } from '../../src/index.ts'

const construction = suite('new FileStore')

for (const directory of ['', undefined, null, 5, {}, ['sessions']]) {
  construction(`refuses ${JSON.stringify(directory)} as a directory`, () => {
    assert.throws(() => new FileStore(directory as string), (error: unknown) => error instanceof TypeError && /needs a directory/.test(error.message))
  })
}

construction('refuses an option that is not as expected, and names it', () => {
  assert.throws(() => new FileStore('sessions', { ttl: -1 }), /^FileStore's option ttl is -1; expected a number of milliseconds above 0$/)
  assert.throws(() => new FileStore('sessions', { maxAge: 1 } as StoreOptions), /^FileStore has no option 'maxAge'; it has /)
})

construction('resolves a relative directory against the current directory', () => {
  const store = new FileStore('sessions')
  assert.is(store.sessionFile('abc'), join(process.cwd(), 'sessions', 'abc.json'))
})

construction('uses the given extension', () => {
  assert.is(new FileStore(sep, { extension: '' }).sessionFile('abc'), `${sep}abc`)
  assert.is(new FileStore(sep, { extension: '.session' }).sessionFile('a.b'), `${sep}a%2Eb.session`)
})

construction.run()
