import { writeFileSync, type Dir } from 'node:fs'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { scanDirectory } from '../../src/fs/scan.ts'
import { rejection, suiteOnDisk } from '../support.ts'

const test = suiteOnDisk('scanDirectory')

const [ext4, tmpfs] = [0xEF53, 0x01021994]

/** The calls on a file system of this kind. */
const on = (type: number, calls: Partial<FsCalls> = {}): FsCalls => ({ ...nodeFs, fileSystemType: async () => type, ...calls })

/** The batches that a scan gives. */
async function scan (directory: string, calls: FsCalls = nodeFs): Promise<ReadonlyArray<readonly string[]>> {
  const batches: Array<readonly string[]> = []
  for await (const names of scanDirectory(directory, calls)) batches.push(names)
  return batches
}

/** Directories that give these names, one after the other. */
function readings (...lists: readonly string[][]) {
  let reading = 0
  const openDirectory = (async () => (lists[reading++] ?? lists.at(-1)!).map(name => ({ name, isFile: () => true }))) as unknown as FsCalls['openDirectory']
  return { openDirectory, count: () => reading }
}

test('gives the names of the regular files in a directory, and of nothing else', async ({ directory }) => {
  await mkdir(join(directory, 'inner'))
  await symlink(join(directory, 'one'), join(directory, 'link'))
  for (const name of ['one', 'two', '.hidden']) await writeFile(join(directory, name), '')
  assert.equal((await scan(directory)).flat().sort(), ['.hidden', 'one', 'two'])
})

test('gives nothing for an empty directory, a missing one, and a file', async ({ directory }) => {
  await mkdir(join(directory, 'empty'))
  await writeFile(join(directory, 'file'), '')
  for (const name of ['empty', 'absent', 'file']) assert.equal(await scan(join(directory, name)), [])
})

for (const type of [ext4, tmpfs]) {
  test(`gives 256 names in a batch (${type})`, async ({ directory }) => {
    const names = Array.from({ length: 600 }, (_, index) => String(index))
    for (const name of names) await writeFile(join(directory, name), '')
    const batches = await scan(directory, on(type))
    assert.equal(batches.flat().sort(), names.sort())
    assert.equal(batches.map(({ length }) => length), [256, 256, 88])
  })

  test(`gives no empty batch after a full one (${type})`, async ({ directory }) => {
    for (let index = 0; index < 256; index++) await writeFile(join(directory, String(index)), '')
    assert.equal((await scan(directory, on(type))).map(({ length }) => length), [256])
  })
}

test('finds each name once where names move, and reads until nothing new comes', async ({ directory }) => {
  const moving = readings(['a', 'b', 'b'], ['a', 'c', 'b'], ['c', 'b'], ['d'])
  assert.equal(await scan(directory, on(tmpfs, moving)), [['a', 'b', 'c']])
  assert.is(moving.count(), 3)
  const growing = readings(...Array.from({ length: 20 }, (_, index) => [String(index)]))
  assert.is((await scan(directory, on(tmpfs, growing))).flat().length, 10)
})

test('reads once where names keep their places', async ({ directory }) => {
  const stable = readings(['a'], ['b'])
  assert.equal(await scan(directory, on(ext4, stable)), [['a']])
})

test('takes names for moving where the kind of the file system is not known', async ({ directory }) => {
  const moving = readings(['a'], ['b', 'a'])
  const fileSystemType = async () => { throw new Error('refused') }
  assert.equal(await scan(directory, on(0, { ...moving, fileSystemType })), process.platform === 'win32' ? [['a']] : [['a', 'b']])
})

test('misses no file while others are renamed over all of them', async ({ directory }) => {
  const count = 2_000
  const names = Array.from({ length: count }, (_, index) => `${index}.json`)
  for (const name of names) writeFileSync(join(directory, name), '')
  const over = new AbortController()
  let replaced = 0
  const replacing = (async () => {
    for (; !over.signal.aborted; replaced++) {
      await writeFile(join(directory, '.tmp'), '')
      await rename(join(directory, '.tmp'), join(directory, names[(replaced * 7) % count]!))
    }
  })()
  for (let time = 0; time < 5; time++) {
    const found = (await scan(directory)).flat().filter(name => name !== '.tmp')
    assert.is(found.length, count)
    assert.is(new Set(found).size, count)
  }
  over.abort()
  await replacing
  assert.ok(replaced > 0)
})

test('closes the directory at its end, and when it is ended early', async ({ directory }) => {
  await writeFile(join(directory, 'one'), '')
  const opened: Dir[] = []
  const calls = on(ext4)
  const openDirectory: typeof nodeFs.openDirectory = async (...parameters) => {
    const entries = await nodeFs.openDirectory(...parameters)
    opened.push(entries)
    return entries
  }
  for await (const names of scanDirectory(directory, { ...calls, openDirectory })) assert.is(names.length, 1)
  const names = scanDirectory(directory, { ...calls, openDirectory })
  await names.next()
  await names.return()
  assert.is(opened.length, 2)
  for (const entries of opened) assert.is((await rejection(entries.close())).code, 'ERR_DIR_CLOSED')
})

test('throws the error of the system when the directory cannot be read', async ({ directory }) => {
  const loop = join(directory, 'loop')
  await symlink(loop, loop)
  assert.is((await rejection(scan(loop))).code, 'ELOOP')
})

test.run()
