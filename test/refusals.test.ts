import { suite } from 'uvu'
import { faultInjectionTrials } from '../torture/fault-injection/trials.ts'

// A short version of `npm run torture -- fault-injection`, without what needs root.
const test = suite('A store')

for (const { name, needs = [], run } of faultInjectionTrials({ seed: 7, share: 0.01 })) {
  if (needs.length === 0) test(name, async () => { await run() })
}

test.run()
