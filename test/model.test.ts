import { suite } from 'uvu'
import { modelTrials } from '../torture/programs.ts'
import { requestTrials } from '../torture/requests.ts'

// The quick version of what `npm run torture` does at length.
const test = suite('A store')

for (const { name, run } of modelTrials({ seed: 7, share: 0.02 }).filter((_, number) => number % 3 === 0)) {
  test(name, async () => { await run() })
}

for (const { name, run } of requestTrials({ seed: 7, share: 0.01 })) {
  test(name, async () => { await run() })
}

test.run()
