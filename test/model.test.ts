import { suite } from 'uvu'
import { modelTrials } from '../torture/model/trials.ts'
import { requestTrials } from '../torture/requests/trials.ts'

// A short version of `npm run torture -- model requests`.
const test = suite('A store')

for (const { name, run } of modelTrials({ seed: 7, share: 0.02 }).filter((_, number) => number % 3 === 0)) {
  test(name, async () => { await run() })
}

for (const { name, run } of requestTrials({ seed: 7, share: 0.01 })) {
  test(name, async () => { await run() })
}

test.run()
