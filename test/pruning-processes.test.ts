import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import { namesIn, promised, runModule, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('Pruning by several processes')

// A process whose clock runs a thousand times as fast as the real one. It uses sessions of its own as the plugin does (a
// get, then a set of a living session or a new id for a new one), ends some, lets some expire, uses some in the minute
// after they expired, and prints what it saw that was wrong. Meanwhile it prunes the directory that it shares with others;
// one of the three processes prunes slowly, so that sessions are used between its looks.
const life = `
  import { setTimeout as delay } from 'node:timers/promises'
  import { Disk } from '../src/fs/disk.ts'
  import { nodeFs } from '../src/fs/node.ts'
  import { FileStore, pruneSessions } from '../src/index.ts'
  const [directory, name, start, rounds] = process.argv.slice(1)
  const clock = () => Number(start) + (Date.now() - Number(start)) * 1_000
  const store = new FileStore(directory, { clock, pruneInterval: 0, cacheSize: name === 'b' ? 0 : 1e6, io: name === 'c' ? 'async' : 'auto' })
  const slow = new Disk('async', {
    calls: {
      ...nodeFs,
      stat: file => nodeFs.stat(file).finally(() => delay(100 * Math.random())),
      remove: file => delay(30).then(() => nodeFs.remove(file))
    }
  })
  const call = (method, ...parameters) => new Promise((resolve, reject) => {
    store[method](...parameters, (error, value) => error ? reject(error) : resolve(value))
  })
  // As the plugin hands it to set: a session that was removed meanwhile is not brought back.
  const loaded = session => session && { ...session, [Symbol('cookieOpts')]: session.cookie }
  const [maxAge, grace] = [200_000, 60_000]
  let count = 0
  const fresh = () => ({ id: name + count++, lives: 0, expires: 0 })
  // Until when each session lives in any case, and from when on it is expired in any case.
  const known = Array.from({ length: 20 }, fresh)
  const wrong = []
  const seen = { alive: 0, dead: 0, late: 0, removed: 0 }
  const check = (session, { id, lives, expires }, before) => {
    if (session === null && lives > clock()) wrong.push('lost ' + id + ' ' + (lives - clock()))
    if (session !== null && expires <= before) wrong.push('returned ' + id + ' ' + (before - expires))
  }
  let isOver = false
  const prune = async () => {
    while (!isOver) {
      const { removed } = name === 'a' ? (await pruneSessions(directory, { clock, disk: slow })).unwrapOr(null) : await store.prune()
      seen.removed += removed
      await delay(1)
    }
  }
  const pruning = Array.from({ length: name === 'a' ? 16 : 1 }, prune)
  for (let round = 0; round < Number(rounds); round++) {
    const place = Math.floor(Math.random() * known.length)
    const { id, lives } = known[place]
    const before = clock()
    const session = loaded(await call('get', id))
    check(session, known[place], before)
    seen[session === null ? 'dead' : 'alive']++
    if (session === null) known[place] = fresh()
    const choice = Math.random()
    if (session !== null && choice < 0.1) {
      await call('destroy', id)
      known[place] = { id, lives: 0, expires: 0 }
    } else if (choice < 0.9) {
      const isLate = session !== null && choice > 0.8
      if (isLate) await delay((lives + grace * 2 / 3 - clock()) / 1_000)
      const at = clock()
      const next = session ?? { count: count++ }
      if (choice < 0.3) next.count = count++
      next.cookie = { originalMaxAge: maxAge, expires: new Date(at + maxAge) }
      await call('set', known[place].id, next)
      const isInTime = session === null || clock() < lives + grace
      known[place] = { id: known[place].id, lives: isInTime ? at + maxAge : 0, expires: clock() + maxAge }
      if (isLate && isInTime) {
        seen.late++
        await delay(40)
        check(await call('get', id), known[place], 0)
      }
    }
    if (choice > 0.85) await delay(40)
  }
  isOver = true
  await Promise.all(pruning)
  console.log(JSON.stringify({ wrong, ...seen }))
`

test('removes no living session, and brings back none that expired', async ({ directory }) => {
  const start = String(Date.now())
  const ended = await Promise.all(['a', 'b', 'c'].map(name => runModule(life, [directory, name, start, '300'])))
  const total = { alive: 0, dead: 0, late: 0, removed: 0 }
  for (const { code, output, errors } of ended) {
    assert.is(code, 0, errors)
    const { wrong, ...seen } = JSON.parse(output)
    assert.equal(wrong, [])
    for (const kind of Object.keys(total) as Array<keyof typeof total>) total[kind] += seen[kind]
  }
  // Each case must have occurred.
  assert.ok(Object.values(total).every(count => count > 0), JSON.stringify(total))
})

/** Resolves when a process has begun to prune the directory. */
async function leased (directory: string): Promise<void> {
  while (!(await namesIn(directory)).includes('.pruned')) await new Promise(setImmediate)
}

test('starts by itself soon after the first use, once for all stores that share a directory', async ({ directory }) => {
  const over = JSON.stringify({ cookie: { originalMaxAge: 1 } })
  await writeFile(join(directory, 'over.json'), over)
  await utimes(join(directory, 'over.json'), 1_000_000_000, 1_000_000_000)
  const stores = [1, 2, 3].map(() => new FileStore(directory, { pruneInterval: 60_000 }))
  await new Promise(setImmediate)
  assert.equal(await namesIn(directory), ['over.json'])
  await Promise.all(stores.map(store => promised(store).get('absent')))
  await leased(directory)
  while ((await namesIn(directory)).length > 1) await new Promise(setImmediate)
  await Promise.all(stores.map(store => store.close()))
  assert.equal(await namesIn(directory), ['.pruned'])
})

test('is not a failure where the directory does not exist yet', async ({ directory }) => {
  const failures: unknown[] = []
  await mkdir(join(directory, 'there'))
  const there = new FileStore(join(directory, 'there'), { onFailure: failure => failures.push(failure) })
  const absent = new FileStore(join(directory, 'absent'), { onFailure: failure => failures.push(failure) })
  await promised(absent).get('abc')
  await promised(there).get('abc')
  await leased(join(directory, 'there'))
  await absent.close()
  await there.close()
  assert.equal(failures, [])
})

test.run()
