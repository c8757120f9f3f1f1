import { median, ratioOf, type Samples } from './rounds.ts'
import type { Results } from './results.ts'
import type { Route } from './http.ts'
import type { Verb } from './verbs.ts'

/** Something that this store is to reach, and whether it did. */
export interface Target {
  readonly name: string
  /** At least this ratio; at the most, where `isBound`. */
  readonly goal: number
  readonly reached: number
  readonly isBound?: boolean
}

/** Whether a target was reached. */
export function isReached ({ goal, reached, isBound = false }: Target): boolean {
  return isBound ? reached <= goal : reached >= goal
}

/** What this store is to reach, as far as it was measured: 400 bytes, one operation at a time where nothing else is said. */
export function targetsOf (results: Results): Target[] {
  return [...processTargets(results), ...httpTargets(results), ...scaleTargets(results), ...pruneTargets(results)]
}

function processTargets ({ process }: Results): Target[] {
  if (process === undefined) return []
  const reached = (verb: Verb, other: string, inFlight = 1, side = 'auto') => {
    const cell = process.found.cells.find(cell => cell.verb === verb && cell.size === '400 bytes' && cell.inFlight === inFlight)
    return ratioOf(cell?.samples ?? {}, side, other)
  }
  return [
    { name: '`get` known, against raw stat + parse', goal: 0.6, reached: reached('known', 'raw') },
    { name: '`get` known, against `session-file-store`', goal: 20, reached: reached('known', 'sessionFileStore') },
    { name: '`set` with only the expiry moved, against raw stringify + utimes', goal: 0.6, reached: reached('moved', 'raw') },
    { name: 'the same, against `session-file-store`', goal: 30, reached: reached('moved', 'sessionFileStore') },
    { name: '`set` changed, 64 in flight, against raw write + rename', goal: 0.9, reached: reached('changed', 'raw', 64) },
    { name: '`set` changed, against `session-file-store`', goal: 2, reached: reached('changed', 'sessionFileStore') },
    { name: 'the same, 64 in flight', goal: 2, reached: reached('changed', 'sessionFileStore', 64) },
    { name: '`set` changed, against `@itrocks`, which writes in place', goal: 1, reached: reached('changed', 'itrocks') },
    { name: 'the same, 64 in flight', goal: 1, reached: reached('changed', 'itrocks', 64) },
    { name: '`set` with only the expiry moved, sealed against plain', goal: 0.9, reached: reached('moved', 'auto', 1, 'sealed') }
  ]
}

function httpTargets ({ http }: Results): Target[] {
  if (http === undefined) return []
  const samplesOf = (route: Route): Samples => http.found.routes.find(found => found.route === route)?.samples ?? {}
  const reading = (other: string) => ratioOf(samplesOf('/read'), 'auto', other)
  const changing = (other: string, side = 'auto') => ratioOf(samplesOf('/change'), side, other)
  return [
    { name: 'HTTP, reading route, against the `Map` of JSON strings', goal: 0.9, reached: reading('map') },
    { name: 'HTTP, reading route, against `connect-redis` on loopback', goal: 1.05, reached: reading('redis') },
    { name: 'HTTP, reading route, against `@itrocks`', goal: 2, reached: reading('itrocks') },
    { name: 'HTTP, reading route, against `session-file-store`', goal: 6, reached: reading('sessionFileStore') },
    { name: 'HTTP, reading route, against raw stat, parse, stringify, utimes', goal: 0.9, reached: reading('raw') },
    { name: 'HTTP, changing route, against raw write + rename', goal: 0.9, reached: changing('raw') },
    { name: 'HTTP, changing route, against `@itrocks`', goal: 1.1, reached: changing('itrocks') },
    { name: 'HTTP, changing route, against `session-file-store`', goal: 2.5, reached: changing('sessionFileStore') },
    { name: "HTTP, changing route, `acknowledge: 'memory'`, against the `Map` of JSON strings", goal: 0.85, reached: changing('map', 'late') },
    { name: "HTTP, changing route, `acknowledge: 'memory'`, against `connect-redis`", goal: 1, reached: changing('redis', 'late') }
  ]
}

function scaleTargets ({ scale }: Results): Target[] {
  if (scale === undefined) return []
  const { sessions, verbs, memory } = scale.found
  const large = sessions.toLocaleString('en')
  return [
    { name: `\`get\`, ${large} sessions against 1,000`, goal: 0.7, reached: ratioOf(verbs.known, 'large', 'small') },
    { name: `touch, ${large} sessions against 1,000`, goal: 0.7, reached: ratioOf(verbs.moved, 'large', 'small') },
    { name: `resident memory added by ${large} different sessions, in MB`, goal: 100, reached: memory.most / 1e6, isBound: true }
  ]
}

function pruneTargets ({ prune }: Results): Target[] {
  const untouched = prune?.found.filter(({ isExpired }) => !isExpired) ?? []
  return untouched.flatMap(({ sessions, times: { ours = [], raw = [] } }) => [
    {
      name: `prune of ${sessions.toLocaleString('en')}, nothing expired, against a raw walk`,
      goal: 0.5,
      reached: median(ours.flatMap(({ took }, round) => (raw[round]?.took ?? NaN) / took))
    },
    {
      name: 'event-loop delay meanwhile, 99th percentile, in ms',
      goal: 15,
      reached: median(ours.map(({ delay99 }) => delay99)),
      isBound: true
    }
  ])
}
