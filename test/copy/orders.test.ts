import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { copySessions } from '../../src/copy/copy-sessions.ts'
import { destroySession, getSession, setSession, type KeyedStore } from '../../src/copy/keyed-store.ts'
import { movingStore } from '../../src/copy/moving-store.ts'
import type { StoredSession } from '../../src/session/session.ts'
import { everyOrder, someOrders, type Schedule } from './interleaving.ts'

// Each test runs its program in every order of the steps of all who take part. A worker is a `movingStore` of its own,
// as in a process of its own; `from` and `to` are plain stores without any rule of their own.

const id = 'a'
const start = Date.now()
const maxAge = 3_600_000

/** The session as it is after use `use`, in which `cart` was put into it. */
const session = (use: number, cart: string): StoredSession =>
  ({ cookie: { originalMaxAge: maxAge, expires: new Date(start + use + maxAge).toISOString() }, user: 'Ada', cart })

const loaded = session(0, 'empty')
const changed = session(1_000, 'full')

/** The stores, of which `from` has the session, and who uses them. Each of these has a name of its own in the schedule. */
class Stage {
  readonly #schedule: Schedule
  readonly #files: Map<string, string>
  readonly #redis: Map<string, string>
  #users = 0

  constructor (schedule: Schedule, inFrom: StoredSession | null = loaded, inTo: StoredSession | null = null) {
    this.#schedule = schedule
    this.#files = new Map(inFrom === null ? [] : [[id, JSON.stringify(inFrom)]])
    this.#redis = new Map(inTo === null ? [] : [[id, JSON.stringify(inTo)]])
  }

  /** The two stores, as a new user of them sees them. */
  stores (files = this.#files) {
    const user = ++this.#users
    return { from: this.#schedule.store(`${user}: from`, files), to: this.#schedule.store(`${user}: to`, this.#redis) }
  }

  worker (): KeyedStore {
    return movingStore(this.stores())
  }

  prepared (): KeyedStore {
    return movingStore({ ...this.stores(), prepare: true })
  }

  /** A worker on a machine that has other files. */
  elsewhere (): KeyedStore {
    return movingStore(this.stores(new Map()))
  }

  /** A copy that, if `steps` is given, is killed after so many calls to the target. */
  async copy (steps = Infinity): Promise<void> {
    const { from, to } = this.stores()
    const target = Object.fromEntries(Object.entries(to).map(([verb, call]) => [verb, (...parameters: unknown[]) => {
      // A process that is gone makes no more calls.
      if (steps-- > 0) call(...parameters)
    }]))
    await copySessions({ ...from, ids: callback => callback(null, [...this.#files.keys()]) }, target as unknown as KeyedStore)
  }

  get inFrom (): StoredSession | null {
    return JSON.parse(this.#files.get(id) ?? 'null')
  }

  get inTo (): StoredSession | null {
    return JSON.parse(this.#redis.get(id) ?? 'null')
  }
}

async function logOut (store: KeyedStore): Promise<void> {
  await destroySession(store, id)
  assert.is(await getSession(store, id), null, 'a request after the logout finds a session')
}

/** Starts the actors, and holds that none failed, and what `holds` says. */
function together (actors: ReadonlyArray<Promise<unknown>>, holds: () => Promise<void> | void) {
  const ended = Promise.all(actors)
  ended.catch(() => {})
  return async () => {
    await ended
    await holds()
  }
}

const test = suite('movingStore and copySessions in every order')

// The same state has to look the same in each run.
const { now } = Date
test.before(() => { Date.now = () => start })
test.after(() => { Date.now = now })

const others: Record<string, (stage: Stage) => Promise<unknown>> = {
  'a copy': stage => stage.copy(),
  'a request that reads': stage => getSession(stage.worker(), id),
  'a request that loaded the session before and saves it': stage => setSession(stage.worker(), id, changed),
  'a request in a worker that is prepared for the move': stage => getSession(stage.prepared(), id),
  'a save in a worker that is prepared for the move': stage => setSession(stage.prepared(), id, changed),
  'another logout': stage => destroySession(stage.worker(), id)
}

for (const [name, other] of Object.entries(others)) {
  for (const kind of ['worker', 'prepared'] as const) {
    test(`a logout in a ${kind} is final beside ${name}`, async () => {
      for (const [inFrom, inTo] of [[loaded, null], [loaded, loaded], [null, loaded], [changed, loaded], [loaded, changed]] as const) {
        await everyOrder(schedule => {
          const stage = new Stage(schedule, inFrom, inTo)
          return together([logOut(stage[kind]()), other(stage)], async () => {
            assert.is(stage.inFrom, null)
            assert.is(stage.inTo, null)
            assert.is(await getSession(stage.worker(), id), null)
          })
        })
      }
    })
  }
}

for (const [name, other] of Object.entries(others).filter(([name]) => !/save|logout/.test(name))) {
  for (const kind of ['worker', 'prepared'] as const) {
    test(`a change in a ${kind} is kept beside ${name}`, async () => {
      for (const inTo of [null, loaded]) {
        await everyOrder(schedule => {
          const stage = new Stage(schedule, loaded, inTo)
          return together([setSession(stage[kind](), id, changed), other(stage)], async () => {
            assert.equal(stage.inFrom, changed)
            if (kind === 'worker' || stage.inTo !== null) assert.equal(stage.inTo, changed)
            assert.equal(await getSession(stage.worker(), id), changed)
          })
        })
      }
    })
  }
}

for (const name of ['a copy', 'a request that reads', 'a save in a worker that is prepared for the move']) {
  test(`a request finds the session beside ${name}`, async () => {
    for (const inTo of [null, loaded]) {
      await everyOrder(schedule => {
        const stage = new Stage(schedule, loaded, inTo)
        const found = getSession(stage.worker(), id)
        return together([found, others[name]!(stage)], async () => assert.is((await found)?.user, 'Ada'))
      })
    }
  })
}

test('two changes at once leave both stores with the same one', async () => {
  for (const kind of ['worker', 'prepared'] as const) {
    await everyOrder(schedule => {
      const stage = new Stage(schedule)
      return together([setSession(stage.worker(), id, changed), setSession(stage[kind](), id, session(2_000, 'paid'))], () => {
        assert.ok(stage.inFrom !== null)
        assert.equal(stage.inTo, stage.inFrom)
      })
    })
  }
})

test('a use beside a copy or a request that reads leaves both stores with its expiry', async () => {
  for (const name of ['a copy', 'a request that reads']) {
    for (const [kind, inTo] of [['worker', null], ['worker', loaded], ['prepared', null], ['prepared', loaded]] as const) {
      await everyOrder(schedule => {
        const stage = new Stage(schedule, loaded, inTo)
        return together([setSession(stage[kind](), id, session(1_000, 'empty')), others[name]!(stage)], () => {
          assert.equal(stage.inFrom, session(1_000, 'empty'))
          assert.equal(stage.inTo, stage.inFrom)
        })
      })
    }
  }
})

test('uses beside a change leave both stores with the change', async () => {
  await someOrders(schedule => {
    const stage = new Stage(schedule)
    // Whoever comes last, for a store that does not merge: each has the change.
    const uses = [1_000, 2_000, 3_000].map(use => setSession(stage.worker(), id, session(use, 'full')))
    return together([...uses, stage.copy(), getSession(stage.worker(), id)], () => {
      assert.is(stage.inFrom?.['cart'], 'full')
      assert.is(stage.inTo?.['cart'], 'full')
    })
  }, 1_000, 3)
})

test('two copies at once leave the target with the session', async () => {
  await everyOrder(schedule => {
    const stage = new Stage(schedule)
    return together([stage.copy(), stage.copy()], () => assert.equal(stage.inTo, loaded))
  })
})

test('a logout in a worker that knows only from is final while all others are prepared', async () => {
  await everyOrder(schedule => {
    const stage = new Stage(schedule)
    const loggedOut = destroySession(stage.stores().from, id).then(() => getSession(stage.prepared(), id))
    return together([loggedOut, getSession(stage.prepared(), id)], async () => {
      assert.is(await loggedOut, null)
      assert.is(stage.inTo, null)
    })
  })
})

test('a logout in a worker that knows only from is not undone by a copy that has not checked the session yet', async () => {
  let undone = 0
  const states = await everyOrder(schedule => {
    const stage = new Stage(schedule)
    return together([stage.copy(), destroySession(stage.stores().from, id)], () => {
      assert.is(stage.inFrom, null)
      if (stage.inTo === null) return
      undone++
      // Only where the logout is the very last thing that happens.
      assert.match(schedule.names.at(-1) ?? '', /^2: from.destroy|^1: to.get ended/)
    })
  })
  assert.ok(undone > 0 && undone < states)
})

test('a change in a worker that knows only from is found by every worker, and by the next copy', async () => {
  await everyOrder(schedule => {
    const stage = new Stage(schedule)
    return together([stage.copy(), setSession(stage.stores().from, id, changed)], async () => {
      assert.equal(await getSession(stage.worker(), id), changed)
      await stage.copy()
      assert.equal(stage.inTo, changed)
    })
  })
})

test('a logout in a worker that knows only to is final once from is away', async () => {
  await everyOrder(schedule => {
    const stage = new Stage(schedule, null, loaded)
    const loggedOut = destroySession(stage.stores().to, id).then(() => getSession(stage.worker(), id))
    return together([loggedOut, getSession(stage.worker(), id)], async () => {
      assert.is(await loggedOut, null)
      assert.is(stage.inTo, null)
    })
  })
})

test('a logout on a machine that has other files is final', async () => {
  for (const name of ['a copy', 'a request that reads', 'a request that loaded the session before and saves it']) {
    await everyOrder(schedule => {
      const stage = new Stage(schedule, loaded, loaded)
      return together([logOut(stage.elsewhere()), others[name]!(stage)], async () => {
        assert.is(stage.inTo, null)
        assert.is(await getSession(stage.worker(), id), null)
      })
    })
  }
})

test('a later change on a machine that has other files is what is found', async () => {
  await everyOrder(schedule => {
    const stage = new Stage(schedule, loaded, loaded)
    return together([setSession(stage.elsewhere(), id, changed), stage.copy()], async () => {
      assert.equal(stage.inTo, changed)
      assert.equal(await getSession(stage.worker(), id), changed)
    })
  })
})

test('a copy that is killed at any step is completed by the next one', async () => {
  for (let steps = 0; steps < 6; steps++) {
    await everyOrder(schedule => {
      const stage = new Stage(schedule)
      void stage.copy(steps)
      return async () => {
        await stage.copy()
        assert.equal(stage.inTo, loaded)
      }
    })
  }
})

test('a logout beside a copy that is killed at any step is final', async () => {
  for (let steps = 0; steps < 6; steps++) {
    await everyOrder(schedule => {
      const stage = new Stage(schedule)
      void stage.copy(steps)
      return together([logOut(stage.worker())], async () => assert.is(await getSession(stage.worker(), id), null))
    })
  }
})

test('logout, saves, read and copy at once end without the session', async () => {
  await someOrders(schedule => {
    const stage = new Stage(schedule)
    return together([
      logOut(stage.worker()), setSession(stage.worker(), id, changed), getSession(stage.worker(), id), stage.copy(),
      setSession(stage.prepared(), id, changed)
    ], () => {
      assert.is(stage.inFrom, null)
      assert.is(stage.inTo, null)
    })
  }, 1_000, 1)
})

test('saves, a read and a copy at once end with the same session in both stores', async () => {
  await someOrders(schedule => {
    const stage = new Stage(schedule)
    const found = getSession(stage.worker(), id)
    return together([
      setSession(stage.worker(), id, changed), setSession(stage.worker(), id, session(2_000, 'paid')), stage.copy(),
      setSession(stage.prepared(), id, session(3_000, 'sent')), found
    ], async () => {
      assert.ok(await found !== null)
      assert.equal(stage.inTo, stage.inFrom)
    })
  }, 1_000, 2)
})

test.run()
