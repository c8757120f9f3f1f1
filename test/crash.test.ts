import { suite } from 'uvu'
import { crashTrials } from '../torture/crash.ts'

// The quick version of what `npm run torture` does at length.
const test = suite('Killed at any instant, a store')

for (const { name, run } of crashTrials({ seed: 7, share: 0.005 })) {
  test(name, async () => { await run() })
}

test.run()
