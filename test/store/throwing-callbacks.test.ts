import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { runModule, suiteOnDisk } from '../support.ts'

const exceptions = suiteOnDisk('FileStore, when a callback throws later,')

exceptions('makes an uncaught exception of it, calls none twice, and goes on', async ({ directory }) => {
  const { code, output, errors } = await runModule(`
    import { FileStore } from '../src/store.ts'
    const store = new FileStore(process.argv.at(-1), { io: 'async', pruneInterval: 0 })
    process.on('unhandledRejection', () => console.log('rejection'))
    process.on('uncaughtException', ({ message }) => console.log('exception of', message))
    const call = (method, name, ...parameters) => new Promise(resolve => {
      store[method]('abc', ...parameters, () => {
        console.log(name)
        setImmediate(resolve)
        throw new Error(name)
      })
    })
    await call('set', 'set', { user: 'ada' })
    await call('get', 'get')
    await call('set', 'touch', { user: 'ada' })
    await call('destroy', 'destroy')
    store.get('abc', (error, session) => console.log(error, session))
  `, [directory])
  assert.is(errors, '')
  assert.is(output, ['set', 'get', 'touch', 'destroy'].map(name => `${name}\nexception of ${name}\n`).join('') + 'null null\n')
  assert.is(code, 0)
})

exceptions('a failure that nobody listens to is warned of, once', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), 'no session')
  const { errors } = await runModule(`
    import { FileStore } from '../src/store.ts'
    const store = new FileStore(process.argv.at(-1), { pruneInterval: 0 })
    for (let time = 0; time < 3; time++) store.get('abc', () => {})
  `, [directory])
  assert.is(errors.match(/FileStoreWarning: The file .*abc\.json does not hold a session/g)?.length, 1)
})

exceptions.run()
