import { unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { claimPrune } from '../src/claim.ts'
import { nodeCalls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import { namesIn, rejection, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('claimPrune')
const disk = new Disk()
const interval = 60_000
const start = Date.parse('2030-01-02T03:04:05Z')

/** A claim at `start` and so many milliseconds. */
const claim = (directory: string, after: number) => claimPrune(directory, interval, { disk, clock: () => start + after })

test('claims once an interval, and says when the next is due', async ({ directory }) => {
  assert.is(await claim(directory, 0), 0)
  assert.is(await claim(directory, 0), interval)
  assert.is(await claim(directory, 59_999), 1)
  assert.is(await claim(directory, 60_000), 0)
  assert.is(await claim(directory, 60_001), 59_999)
  assert.equal(await namesIn(directory), ['.pruned'])
})

test('gives a claim to one of many who ask at once', async ({ directory }) => {
  for (const after of [0, interval, 2 * interval]) {
    const claims = await Promise.all(Array.from({ length: 50 }, () => claim(directory, after)))
    assert.is(claims.filter(wait => wait === 0).length, 1)
  }
  assert.equal(await namesIn(directory), ['.pruned'])
})

test('does not wait for a time that a wrong clock left in the future', async ({ directory }) => {
  await claim(directory, 10 * interval)
  assert.is(await claim(directory, 0), 0)
})

test('lets go of a marker that another claimed meanwhile', async ({ directory }) => {
  await claim(directory, 0)
  const marker = join(directory, '.pruned')
  const claimedBetween = (happening: () => Promise<void>) => new Disk('async', {
    ...nodeCalls,
    async create (...parameters) {
      await happening()
      return await nodeCalls.create(...parameters)
    }
  })
  const touched = claimedBetween(() => utimes(marker, new Date(start + interval), new Date(start + interval)))
  assert.is(await claimPrune(directory, interval, { disk: touched, clock: () => start + interval }), interval)
  assert.equal(await namesIn(directory), ['.pruned'])
  const removed = claimedBetween(() => unlink(marker))
  assert.is(await claimPrune(directory, interval, { disk: removed, clock: () => start + 3 * interval }), interval)
  assert.equal(await namesIn(directory), [])
})

test('goes on after one that died while it claimed, an interval later', async ({ directory }) => {
  await claim(directory, 0)
  const token = join(directory, `.pruned-${start}`)
  await writeFile(token, '')
  await utimes(token, new Date(start + interval), new Date(start + interval))
  assert.equal([await claim(directory, interval), (await namesIn(directory)).length], [interval, 2])
  assert.equal([await claim(directory, 2 * interval), (await namesIn(directory)).length], [interval, 1])
  assert.is(await claim(directory, 2 * interval), 0)
  // As when the one that held it ends between our two looks.
  await writeFile(join(directory, `.pruned-${start + 2 * interval}`), '')
  const disk = new Disk('async', {
    ...nodeCalls,
    stat: async name => {
      if (name.endsWith('.pruned')) return await nodeCalls.stat(name)
      throw Object.assign(new Error('no'), { code: 'ENOENT' })
    }
  })
  assert.is(await claimPrune(directory, interval, { disk, clock: () => start + 5 * interval }), interval)
})

test('rejects with ENOENT for a missing directory', async ({ directory }) => {
  assert.is((await rejection(claim(join(directory, 'absent'), 0))).code, 'ENOENT')
})

test.run()
