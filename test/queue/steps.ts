import { isKnown, type CurrentSession, type SessionState, type Step } from '../../src/queue/step.ts'
import type { MergeBase } from '../../src/session/merge-base.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { now, snapshot } from '../support.ts'

// Steps, and the sessions that they are applied to, in short.

export const ttl = 60_000

/** A session that a file holds. */
export function stored (session: object, lastUsedAt = now): CurrentSession {
  return { text: new SessionText(JSON.stringify(session)), cookie: undefined, lastUsedAt }
}

export const remove: Step = { type: 'remove' }
export const replace = (session: object, usedAt = now): Step => ({ type: 'replace', snapshot: snapshot(session, usedAt) })
export const merge = (session: object, base: MergeBase, usedAt = now): Step => ({ type: 'merge', snapshot: snapshot(session, usedAt), base })
export const replaceIfPresent = (session: object, base: MergeBase, usedAt = now): Step => ({ type: 'replace-if-present', snapshot: snapshot(session, usedAt), base })
export const touch = (usedAt = now, cookie: object | null = null): Step => ({ type: 'touch', cookie: cookie && snapshot({ cookie }, usedAt), lastUsedAt: usedAt, ttl })

/** The session of a state, without the dates of its cookie. */
export function sessionOf (state: SessionState): unknown {
  return isKnown(state) ? JSON.parse(state.text.canonical) : state
}
