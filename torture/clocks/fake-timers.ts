import { mock } from 'node:test'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { called, promised } from '../../test/support.ts'
import { asPluginSession } from '../plugin-session.ts'
import { ensure } from '../trial.ts'

const minute = 60_000
const lifetime = 60 * minute

/** Time in the hands of a test: starts it, lets it pass, and gives it back. */
interface FakeTime {
  readonly start: () => void
  readonly pass: (milliseconds: number) => void
  readonly end: () => void
}

/** The ways in which test frameworks fake the time. */
export const fakes: Readonly<Record<string, () => FakeTime>> = {
  'Date of node:test': () => ({
    start: () => mock.timers.enable({ apis: ['Date'], now: Date.now() }),
    pass: milliseconds => mock.timers.tick(milliseconds),
    end: () => mock.timers.reset()
  }),
  'all timers of node:test': () => ({
    start: () => mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval', 'setImmediate'], now: Date.now() }),
    pass: milliseconds => mock.timers.tick(milliseconds),
    end: () => mock.timers.reset()
  }),
  'a class in the place of Date, as by Jest and Vitest': () => {
    const Real = Date
    let now = Date.now()
    class FakeDate extends Real {
      constructor (...parameters: []) {
        super(...(parameters.length === 0 ? [now] as unknown as [] : parameters))
      }

      static override now () { return now }
    }
    return {
      start: () => { globalThis.Date = FakeDate as DateConstructor },
      pass: milliseconds => { now += milliseconds },
      end: () => { globalThis.Date = Real }
    }
  },
  'Date.now': () => {
    const real = Date.now
    let now = Date.now()
    return {
      start: () => { Date.now = () => now },
      pass: milliseconds => { now += milliseconds },
      end: () => { Date.now = real }
    }
  }
}

/** A test framework fakes the time of a process whose store has its default clock: sessions expire by the fake time. */
export async function fakeTime (directory: string, fake: string, options: StoreOptions): Promise<number> {
  const time = (fakes[fake] as () => FakeTime)()
  // Opened before the time is faked, as by a module that a test imports.
  const store = new FileStore(directory, { ...options, pruneInterval: 0 })
  const { get, set, destroy } = promised(store)
  time.start()
  try {
    await set('a', { user: 'ada', cookie: { path: '/', originalMaxAge: lifetime, expires: new Date(Date.now() + lifetime) } })
    for (const changes of [{}, { number: 1 }, {}]) {
      time.pass(lifetime - minute)
      const session = await get('a')
      ensure(session?.user === 'ada', 'a session has expired early')
      ensure(session.cookie.expires.getTime() === Date.now() + minute, `it expires at ${session.cookie.expires.toISOString()}`)
      await set('a', Object.assign(asPluginSession(session, Date.now()), changes))
    }
    time.pass(lifetime - 1)
    ensure(await get('a') !== null, 'a session has expired a millisecond early')
    time.pass(1)
    ensure(await get('a') === null, 'a session did not expire')
    await set('b', { cookie: { path: '/' } })
    await called(callback => store.touch('b', { cookie: { path: '/' } } as never, callback))
    ensure(await get('b') !== null, 'a session is not there')
    await destroy('b')
    ensure(await get('b') === null, 'a session was not destroyed')
  } finally {
    time.end()
    await store.close()
  }
  return 1
}
