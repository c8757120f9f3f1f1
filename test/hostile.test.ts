import { suite } from 'uvu'
import { hostileInputTrials } from '../torture/hostile-input/trials.ts'

// A short version of `npm run torture -- hostile-input`.
const test = suite('A store')

for (const { name, run } of hostileInputTrials({ seed: 7, share: 0.01 })) {
  test(name, async () => { await run() })
}

test.run()
