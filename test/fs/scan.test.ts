import type { Dir } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { nodeFs } from '../../src/fs/node.ts'
import { scanDirectory } from '../../src/fs/scan.ts'
import { rejection, suiteOnDisk } from '../support.ts'

const test = suiteOnDisk('scanDirectory')

/** The batches that a scan gives. */
async function scan (directory: string): Promise<ReadonlyArray<readonly string[]>> {
  const batches: Array<readonly string[]> = []
  for await (const names of scanDirectory(directory, nodeFs)) batches.push(names)
  return batches
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

test('gives 256 names in a batch', async ({ directory }) => {
  const names = Array.from({ length: 600 }, (_, index) => String(index))
  for (const name of names) await writeFile(join(directory, name), '')
  const batches = await scan(directory)
  assert.equal(batches.flat().sort(), names.sort())
  assert.equal(batches.map(({ length }) => length), [256, 256, 88])
})

test('gives no empty batch after a full one', async ({ directory }) => {
  for (let index = 0; index < 256; index++) await writeFile(join(directory, String(index)), '')
  assert.equal((await scan(directory)).map(({ length }) => length), [256])
})

test('closes the directory at its end, and when it is ended early', async ({ directory }) => {
  await writeFile(join(directory, 'one'), '')
  const opened: Dir[] = []
  const openDirectory: typeof nodeFs.openDirectory = async (...parameters) => {
    const entries = await nodeFs.openDirectory(...parameters)
    opened.push(entries)
    return entries
  }
  for await (const names of scanDirectory(directory, { openDirectory })) assert.is(names.length, 1)
  const names = scanDirectory(directory, { openDirectory })
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
