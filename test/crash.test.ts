import { suite } from 'uvu'
import { crashTrials } from '../torture/crash/trials.ts'

// A short version of `npm run torture -- crash`.
const test = suite('A store')

for (const { name, run } of crashTrials({ seed: 7, share: 0.005 })) {
  test(name, async () => { await run() })
}

test.run()
