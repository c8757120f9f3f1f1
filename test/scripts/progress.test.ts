import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Progress } from '../../scripts/progress.ts'

const test = suite('Progress')

test('says what runs and for how long, how much is done, and about how long the rest takes', () => {
  let now = 0
  const progress = new Progress(4, { now: () => now })
  progress.begin('one')
  progress.begin('two')
  now = 20_000
  assert.is(progress.line(), '...  0 of 4 done; running: one (20 s), two (20 s)')
  progress.end('one')
  progress.begin('three')
  now = 60_000
  assert.is(progress.line(), '...  1 of 4 done, about 3 min left; running: two (60 s), three (40 s)')
  progress.close()
})

test('writes only while it is silent, and keeps no process alive', async () => {
  const lines: string[] = []
  const progress = new Progress(2, { interval: 40, now: () => 0, write: line => { lines.push(line) } })
  progress.begin('one')
  while (lines.length === 0) await delay(5)
  progress.end('one')
  progress.close()
  const written = lines.length
  await delay(100)
  assert.is(lines.length, written)
  assert.is(lines[0], '...  0 of 2 done; running: one (0 s)')
})

test.run()
