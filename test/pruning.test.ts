import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import { namesIn, promised, runModule, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('Pruning')

// A process that lives fast: a second of its clock passes in a millisecond. It
// uses sessions of its own as the plugin does (a get, and a set of what lives),
// ends some, lets some die, prunes for all, and says what it saw that was wrong.
// One of the three prunes slowly, so that others use and miss what it removes.
const life = `
  import { setTimeout as delay } from 'node:timers/promises'
  import { nodeCalls } from '../src/calls.ts'
  import { Disk } from '../src/disk.ts'
  import { FileStore, pruneSessions } from '../src/index.ts'
  import { asideOf } from '../src/temporary.ts'
  const [directory, name, start, rounds] = process.argv.slice(1)
  const clock = () => Number(start) + (Date.now() - Number(start)) * 1_000
  const store = new FileStore(directory, { clock, pruneInterval: 0, cacheSize: name === 'b' ? 0 : 1e6, io: name === 'c' ? 'async' : 'auto' })
  const aside = new Set(['a', 'b', 'c'].flatMap(name => Array.from({ length: 20 }, (_, index) => asideOf(directory + '/' + name + index + '.json'))))
  const slowly = call => async (...files) => {
    if (files.some(file => aside.has(file))) await delay(40)
    return await call(...files)
  }
  const disk = new Disk('async', { ...nodeCalls, rename: slowly(nodeCalls.rename), stat: slowly(nodeCalls.stat) })
  const prune = async () => name === 'a' ? (await pruneSessions(directory, { clock, disk })).unwrapOr(null) : await store.prune()
  const call = (method, ...parameters) => new Promise((resolve, reject) => {
    store[method](...parameters, (error, value) => error ? reject(error) : resolve(value))
  })
  const maxAge = 200_000
  const known = new Map()
  let count = 0
  const wrong = []
  const seen = { alive: 0, dead: 0, removed: 0 }
  for (let round = 0; round < Number(rounds); round++) {
    const id = name + Math.floor(Math.random() * 20)
    const before = clock()
    const session = await call('get', id)
    const after = clock()
    const expires = known.get(id) ?? 0
    if (session === null && expires > after) wrong.push('lost ' + id + ' ' + (expires - after))
    if (session !== null && expires <= before) wrong.push('returned ' + id + ' ' + (before - expires))
    seen[session === null ? 'dead' : 'alive']++
    const choice = Math.random()
    if (session !== null && choice < 0.1) {
      await call('destroy', id)
      known.delete(id)
    } else if (choice < 0.9) {
      const at = clock()
      const next = session ?? { count: count++ }
      if (choice < 0.3) next.count = count++
      next.cookie = { originalMaxAge: maxAge, expires: new Date(at + maxAge) }
      await call('set', id, next)
      known.set(id, at + maxAge)
    }
    if (choice > 0.97) seen.removed += (await prune()).removed
    if (choice > 0.85) await delay(40)
  }
  console.log(JSON.stringify({ wrong, ...seen }))
`

test('in several processes loses no session that lives, and no dead one returns', async ({ directory }) => {
  const start = String(Date.now())
  const ended = await Promise.all(['a', 'b', 'c'].map(name => runModule(life, [directory, name, start, '300'])))
  const total = { alive: 0, dead: 0, removed: 0 }
  for (const { code, output, errors } of ended) {
    assert.is(code, 0, errors)
    const { wrong, alive, dead, removed } = JSON.parse(output)
    assert.equal(wrong, [])
    total.alive += alive
    total.dead += dead
    total.removed += removed
  }
  // All three happened, or nothing was shown.
  assert.ok(Object.values(total).every(count => count > 0), JSON.stringify(total))
})

/** Resolves when somebody has begun to prune the directory. */
async function claimed (directory: string): Promise<void> {
  while (!(await namesIn(directory)).includes('.pruned')) await new Promise(setImmediate)
}

test('happens by itself soon after the first use, once for all that share a directory', async ({ directory }) => {
  const over = JSON.stringify({ cookie: { originalMaxAge: 1 } })
  await writeFile(join(directory, 'over.json'), over)
  await utimes(join(directory, 'over.json'), 1_000_000_000, 1_000_000_000)
  const stores = [1, 2, 3].map(() => new FileStore(directory, { pruneInterval: 60_000 }))
  await new Promise(setImmediate)
  assert.equal(await namesIn(directory), ['over.json'])
  await Promise.all(stores.map(store => promised(store).get('absent')))
  await claimed(directory)
  while ((await namesIn(directory)).length > 1) await new Promise(setImmediate)
  await Promise.all(stores.map(store => store.close()))
  assert.equal(await namesIn(directory), ['.pruned'])
})

test('is no failure where the directory is not made yet', async ({ directory }) => {
  const failures: unknown[] = []
  await mkdir(join(directory, 'there'))
  const there = new FileStore(join(directory, 'there'), { onFailure: failure => failures.push(failure) })
  const absent = new FileStore(join(directory, 'absent'), { onFailure: failure => failures.push(failure) })
  await promised(absent).get('abc')
  await promised(there).get('abc')
  await claimed(join(directory, 'there'))
  await absent.close()
  await there.close()
  assert.equal(failures, [])
})

test.run()
