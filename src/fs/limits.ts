import type { BreakerOptions } from './breaker.ts'

/** When a call is no longer made synchronously. */
export interface SyncLimits extends Pick<BreakerOptions, 'slowCallMs' | 'slowCalls' | 'stalledCallMs'> {
  /** Larger files are read through the thread pool, in bytes. */
  readonly maxSyncBytes: number
}

/**
 * For reading: a page cache answers in microseconds; a call of a millisecond waited for a device. A result that comes
 * later does no harm there: `@fastify/session` waits for it before the handler runs.
 */
export const readLimits: SyncLimits = { slowCallMs: 1, slowCalls: 3, stalledCallMs: 20, maxSyncBytes: 256 * 1024 }

/**
 * For writing: a callback that comes later can end the process (fastify/session issues 99, 184, 254), so that only a
 * disk that is slow for good is worth it. A busy local disk makes a single rename wait for tens of milliseconds.
 */
export const writeLimits: SyncLimits = { slowCallMs: 25, slowCalls: 8, stalledCallMs: 1_000, maxSyncBytes: Infinity }
