import type { SideName } from '../sides/sides.ts'
import type { Route } from './visitors.ts'

/** What the visitors do. */
export interface Workload {
  readonly route: Route
  readonly connections: number
  /** As many as connections: each connection uses its own session all the time. More: each request uses another session. */
  readonly sessions: number
  /** Whether the delay of the server's event loop is measured, which costs some time itself. */
  readonly watchesDelay: boolean
}

export type WorkloadName = 'burstRead' | 'burstChange' | 'wideRead' | 'wideChange' | 'crowd'

/** The workloads by name. `wideSessions` should be more than a side can use in a second, so that each use is recorded. */
export function workloadsOf (wideSessions: number): Readonly<Record<WorkloadName, Workload>> {
  return {
    burstRead: { route: '/read', connections: 10, sessions: 10, watchesDelay: false },
    burstChange: { route: '/change', connections: 10, sessions: 10, watchesDelay: false },
    wideRead: { route: '/read', connections: 10, sessions: wideSessions, watchesDelay: false },
    wideChange: { route: '/change', connections: 10, sessions: wideSessions, watchesDelay: false },
    crowd: { route: '/change', connections: 64, sessions: 64, watchesDelay: true }
  }
}

/** What is measured on the file system of the benchmark's directory: everything. */
export const everyWorkload: readonly WorkloadName[] = ['burstRead', 'burstChange', 'wideRead', 'wideChange', 'crowd']

/** What is measured on the other file systems: the workloads that call them. */
export const fileSystemWorkloads: readonly WorkloadName[] = ['burstChange', 'wideRead', 'crowd']

/** The sides that are measured on the other file systems, with `Map` and Redis as the references of the same run. */
export const fileSystemSides: readonly SideName[] = ['auto', 'async', 'memory', 'rawSync', 'rawSame', 'rawPool', 'map', 'redis']
