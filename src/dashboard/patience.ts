import { setTimeout as delay } from 'node:timers/promises'

/** The longest that an answer waits for work in the background, in milliseconds. */
const patienceMs = 300

/** Resolves when `work` is done, or when an answer must wait no longer. */
export async function waitAMoment (work: Promise<unknown>): Promise<void> {
  const ended = new AbortController()
  await Promise.race([work, delay(patienceMs, undefined, { signal: ended.signal }).catch(() => {})])
  ended.abort()
}
