import { suite } from 'uvu'
import { hostileTrials } from '../torture/hostile.ts'

// The quick version of what `npm run torture` does at length.
const test = suite('A store')

for (const { name, run } of hostileTrials({ seed: 7, share: 0.01 })) {
  test(name, async () => { await run() })
}

test.run()
