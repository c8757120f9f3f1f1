import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import type { Result } from 'neverthrow'
import { describe, expect, test } from 'tstyche'
import {
  FileStore, listSessions, pruneSessions, readSession, removeSession, sessionFile, sessionId, writeIfChanged,
  type InvalidId, type ListedSession, type NotSerializable, type Pruned, type RemoveFailed, type SessionError,
  type StoredSession, type StoreOptions, type Unreadable, type WalkFailed, type WriteFailed, type Written
} from '../../src/index.ts'

declare module 'fastify' {
  interface Session {
    user?: { name: string }
    visits: number
  }
}

describe('FileStore', () => {
  test('is a store of @fastify/session, with the fields of an application\'s own Session', () => {
    expect<FileStore>().type.toBeAssignableTo<SessionStore>()
    const store = new FileStore('./sessions')
    store.get('abc', (_error, session) => {
      expect(session).type.toBe<Session | null | undefined>()
      expect(session?.user?.name).type.toBe<string | undefined>()
    })
    expect(store.set).type.toBeCallableWith('abc', { cookie: { originalMaxAge: null }, visits: 1 }, () => {})
    expect(store.set).type.not.toBeCallableWith('abc', { visits: 'one' }, () => {})
    expect(store.destroy).type.toBeCallableWith('abc', (_error?: Error) => {})
  })

  test('takes the options that it has, and no other', () => {
    expect(FileStore).type.toBeConstructableWith('./sessions')
    expect(FileStore).type.toBeConstructableWith('./sessions', { extension: '', ttl: 1, cacheSize: 0, durable: true, io: 'async' })
    expect(FileStore).type.toBeConstructableWith('./sessions', { secret: ['a', Buffer.alloc(32)], acknowledge: 'memory' })
    expect(FileStore).type.not.toBeConstructableWith()
    expect(FileStore).type.not.toBeConstructableWith('./sessions', { io: 'sync' })
    expect(FileStore).type.not.toBeConstructableWith('./sessions', { path: './sessions' })
    expect<Parameters<NonNullable<StoreOptions['onFailure']>>[0]>().type.toBe<SessionError>()
  })

  test('lists and ends sessions', async () => {
    const store = new FileStore('./sessions')
    for await (const stored of store.list({ expired: true })) {
      expect(stored).type.toBe<ListedSession<Session>>()
      expect(stored.session.visits).type.toBe<number>()
      expect(stored.usedAt).type.toBe<Date>()
    }
    expect(store.revoke('abc')).type.toBe<Promise<void>>()
    expect(store.revokeWhere(({ session }) => session.user?.name === 'Ada')).type.toBe<Promise<number>>()
    expect(store.prune()).type.toBe<Promise<Pruned>>()
    expect(store.close()).type.toBe<Promise<void>>()
  })
})

describe('the functions', () => {
  test('give exactly the failures that they can have', async () => {
    expect(sessionFile('./sessions', 'abc')).type.toBe<Result<string, InvalidId>>()
    expect(sessionId('abc.json')).type.toBe<string | null>()
    expect(await readSession('abc.json')).type.toBe<Result<StoredSession | null, Unreadable>>()
    expect(await writeIfChanged('abc.json', { user: 'ada' })).type.toBe<Result<Written, NotSerializable | WriteFailed>>()
    expect(await removeSession('abc.json')).type.toBe<Result<boolean, RemoveFailed>>()
    expect(await pruneSessions('./sessions')).type.toBe<Result<Pruned, WalkFailed>>()
  })

  test('can be matched without knowing whether the answer is there already', () => {
    expect(readSession('abc.json').match(session => session !== null, () => false)).type.toBe<boolean | Promise<boolean>>()
    expect(readSession('abc.json').map(session => session?.['user'])).type.not.toRaiseError()
  })

  test('take what they need and no other', () => {
    expect(readSession).type.toBeCallableWith('abc.json', { ttl: 1, secret: 'a' })
    expect(readSession).type.not.toBeCallableWith('abc.json', { durable: true })
    expect(writeIfChanged).type.not.toBeCallableWith('abc.json', 'a session')
    expect(removeSession).type.not.toBeCallableWith('abc.json', { ttl: 1 })
    expect(listSessions).type.toBeCallableWith('./sessions', { expired: true })
  })

  test('tell failures apart by their type', () => {
    const failure = {} as SessionError
    if (failure.type === 'malformed') expect(failure.file).type.toBe<string>()
    if (failure.type === 'walk-failed') expect(failure.directory).type.toBe<string>()
    expect(failure.type).type.toBe<
      'invalid-id' | 'read-failed' | 'malformed' | 'sealed' | 'unsealed' | 'not-serializable' | 'write-failed' | 'remove-failed' | 'walk-failed'
    >()
  })
})
