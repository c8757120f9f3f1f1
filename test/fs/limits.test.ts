import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readLimits, writeLimits } from '../../src/fs/limits.ts'

const test = suite('The limits of synchronous calls')

test('end them for reading after three calls of more than a millisecond, one of more than 20, and for files of more than 256 KiB', () => {
  assert.equal(readLimits, { slowCallMs: 1, slowCalls: 3, stalledCallMs: 20, maxSyncBytes: 262_144 })
})

test('end them for writing only when a disk is slow for good, and for no size', () => {
  assert.equal(writeLimits, { slowCallMs: 25, slowCalls: 8, stalledCallMs: 1_000, maxSyncBytes: Infinity })
})

test.run()
