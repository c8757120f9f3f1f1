import { namesIn, rejection } from '../../test/support.ts'
import type { TestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'

/** Fails unless `get` gives the session with this number, or none for `null`, and reports `failure` and nothing else. */
export async function expectSession (store: TestedStore, id: string, number: number | null, failure = ''): Promise<void> {
  const session = await store.get(id)
  ensure((session?.number ?? null) === number, `${id} is ${JSON.stringify(session)}, expected ${number}`)
  const reported = (await store.takeFailures()).join()
  ensure(reported === failure, `"${reported}" was reported, expected "${failure}"`)
}

/**
 * Fails unless `promise` rejects with the `Error` of a failure of this type,
 * caused by a system error with one of `codes`. The error itself must not have a
 * code: `@fastify/session` would take ENOENT for "no session".
 */
export async function expectFailure (promise: Promise<unknown>, type: string, ...codes: string[]): Promise<void> {
  const error = await rejection(promise)
  const { cause } = error
  ensure(cause?.type === type && (codes.length === 0 || codes.includes(cause.cause?.code)), `it failed with ${error.stack}`)
  ensure(!('code' in error) && error.message.length > 20, `its message is "${error.message}"`)
}

/** Fails unless the directory holds exactly these names. */
export async function expectNames (directory: string, ...names: string[]): Promise<void> {
  const found = await namesIn(directory)
  ensure(found.join() === names.sort().join(), `there is ${found.join()}, expected ${names.join()}`)
}

/** Fails unless a session can be created, changed and destroyed. */
export async function expectWorkingStore (store: TestedStore): Promise<void> {
  await store.set('working', { number: 7 })
  await expectSession(store, 'working', 7)
  await store.set('working', { number: 8 })
  await expectSession(store, 'working', 8)
  await store.destroy('working')
  await expectSession(store, 'working', null)
}
