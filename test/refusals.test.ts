import { suite } from 'uvu'
import { refusalTrials } from '../torture/refusals.ts'

// The quick version of what `npm run torture` does at length.
const test = suite('Refused by the disk, a store')

for (const { name, run } of refusalTrials({ seed: 7, share: 0.01 })) {
  test(name, async () => { await run() })
}

test.run()
