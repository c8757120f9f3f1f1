import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { nodeCalls } from '../src/calls.ts'
import { walk } from '../src/walk.ts'
import { rejection, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('walk')

/** What a walk through a directory gives. */
async function found (directory: string): Promise<ReadonlyArray<readonly string[]>> {
  const found: Array<readonly string[]> = []
  for await (const names of walk(directory, nodeCalls)) found.push(names)
  return found
}

test('finds the regular files in a directory, and nothing else', async ({ directory }) => {
  await mkdir(join(directory, 'inner'))
  await symlink(join(directory, 'one'), join(directory, 'link'))
  for (const name of ['one', 'two', '.hidden']) await writeFile(join(directory, name), '')
  assert.equal((await found(directory)).flat().sort(), ['.hidden', 'one', 'two'])
})

test('finds nothing in a missing directory', async ({ directory }) => {
  assert.equal(await found(join(directory, 'absent')), [])
})

test('gives 256 names at a time', async ({ directory }) => {
  const names = Array.from({ length: 600 }, (_, index) => String(index))
  for (const name of names) await writeFile(join(directory, name), '')
  const groups = await found(directory)
  assert.equal(groups.flat().sort(), names.sort())
  assert.equal(groups.map(({ length }) => length), [256, 256, 88])
})

test('leaves no directory open, wherever it ends', async ({ directory }) => {
  await writeFile(join(directory, 'one'), '')
  let open = 0
  const openDirectory: typeof nodeCalls.openDirectory = async (...parameters) => {
    const entries = await nodeCalls.openDirectory(...parameters)
    const close = entries.close.bind(entries)
    open++
    entries.close = (async () => {
      await close()
      open--
    }) as typeof entries.close
    return entries
  }
  for await (const names of walk(directory, { openDirectory })) assert.is(names.length, 1)
  const names = walk(directory, { openDirectory })
  await names.next()
  await names.return()
  assert.is(open, 0)
})

test('rejects with the disk\'s error', async ({ directory }) => {
  const loop = join(directory, 'loop')
  await symlink(loop, loop)
  assert.is((await rejection(found(loop))).code, 'ELOOP')
})

test.run()
