import { access, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { claimPrune } from '../src/claim.ts'
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
  const { nodeCalls } = await import('../src/calls.ts')
  const marker = join(directory, '.pruned')
  const late = new Disk('async', {
    ...nodeCalls,
    async rename (from, to) {
      await utimes(marker, new Date(start + interval), new Date(start + interval))
      await nodeCalls.rename(from, to)
    }
  })
  assert.is(await claimPrune(directory, interval, { disk: late, clock: () => start + interval }), interval)
  await access(marker)
  assert.equal(await namesIn(directory), ['.pruned'])
})

test('rejects with ENOENT for a missing directory', async ({ directory }) => {
  assert.is((await rejection(claim(join(directory, 'absent'), 0))).code, 'ENOENT')
})

test.run()
