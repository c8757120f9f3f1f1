import { clockTrials } from './clocks/trials.ts'
import { crashTrials } from './crash/trials.ts'
import { faultInjectionTrials } from './fault-injection/trials.ts'
import { hostileInputTrials } from './hostile-input/trials.ts'
import { loadTrials } from './load/trials.ts'
import { modelTrials } from './model/trials.ts'
import { pruningTrials } from './pruning/trials.ts'
import { requestTrials } from './requests/trials.ts'
import { syscallOrderTrials } from './syscall-order/trials.ts'
import type { Effort, Trial } from './trial.ts'

/** The parts of a run: what each folder exports, by the folder's name, in the order in which they run. */
export const parts: Readonly<Record<string, (effort: Effort) => Trial[]>> = {
  model: modelTrials,
  requests: requestTrials,
  crash: crashTrials,
  'syscall-order': syscallOrderTrials,
  'fault-injection': faultInjectionTrials,
  'hostile-input': hostileInputTrials,
  pruning: pruningTrials,
  clocks: clockTrials,
  load: loadTrials
}
