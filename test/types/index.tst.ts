import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import { ResultAsync, type Result } from 'neverthrow'
import { describe, expect, test } from 'tstyche'
import {
  checkDirectory, FileStore, listSessions, pruneSessions, readSession, removeSession, sessionFile, sessionId, writeIfChanged,
  type CheckFailed, type DecryptFailed, type InvalidId, type ListedSession, type Malformed, type NotEncrypted, type NotSerializable,
  type PruneReport, type ReadFailed, type ReadFailure, type RemoveFailed, type ScanFailed, type SessionFailure, type StoredSession, type StoreError,
  type StoreOptions, type StoreStats, type WriteFailed, type Written
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
    expect(store.set).type.toBeCallableWith('abc', { cookie: { originalMaxAge: null }, visits: 1 })
    expect(store.destroy).type.toBeCallableWith('abc')
    expect(store.touch).type.toBeCallableWith('abc', { cookie: {} })
    expect(store.get).type.not.toBeCallableWith('abc')
  })

  test('takes the options that it has, and no other', () => {
    expect(FileStore).type.toBeConstructableWith('./sessions')
    expect(FileStore).type.toBeConstructableWith('./sessions', { extension: '', ttl: 1, cacheSize: 0, durable: true, io: 'async' })
    expect(FileStore).type.toBeConstructableWith('./sessions', { secret: ['a', Buffer.alloc(32)], acknowledge: 'memory' })
    expect(FileStore).type.not.toBeConstructableWith()
    expect(FileStore).type.not.toBeConstructableWith('./sessions', { io: 'sync' })
    expect(FileStore).type.not.toBeConstructableWith('./sessions', { path: './sessions' })
    expect<Parameters<NonNullable<StoreOptions['onFailure']>>[0]>().type.toBe<StoreError>()
    expect<StoreError>().type.toBeAssignableTo<Error>()
    expect<StoreError>().type.toBeAssignableTo<SessionFailure>()
    expect(FileStore).type.toBeConstructableWith('./sessions', { log: console })
    expect(FileStore).type.not.toBeConstructableWith('./sessions', { log: { warn () {} } })
  })

  test('lists and ends sessions', async () => {
    const store = new FileStore('./sessions')
    for await (const stored of store.list({ expired: true })) {
      expect(stored).type.toBe<ListedSession<Session>>()
      expect(stored.session.visits).type.toBe<number>()
      expect(stored.lastUsedAt).type.toBe<Date>()
      expect(stored.size).type.toBe<number>()
    }
    expect(store.revoke('abc')).type.toBe<Promise<void>>()
    expect(store.revokeWhere(({ session }) => session.user?.name === 'Ada')).type.toBe<Promise<number>>()
    expect(store.revokeWhere(async ({ session }) => session.visits > 1)).type.toBe<Promise<number>>()
    expect(store.prune()).type.toBe<Promise<PruneReport>>()
    expect(store.check()).type.toBe<Promise<readonly string[]>>()
    expect(store.stats()).type.toBe<StoreStats>()
    expect(store.close()).type.toBe<Promise<void>>()
  })
})

describe('the functions', () => {
  test('have exactly the failures that they can give', () => {
    expect(sessionFile('./sessions', 'abc')).type.toBe<Result<string, InvalidId>>()
    expect(sessionId('abc.json')).type.toBe<string | null>()
    expect(readSession('abc.json')).type.toBe<ResultAsync<StoredSession | null, ReadFailure>>()
    expect<ReadFailure>().type.toBe<ReadFailed | Malformed | DecryptFailed | NotEncrypted>()
    expect(writeIfChanged('abc.json', { user: 'ada' })).type.toBe<ResultAsync<Written, NotSerializable | WriteFailed>>()
    expect(removeSession('abc.json')).type.toBe<ResultAsync<boolean, RemoveFailed>>()
    expect(pruneSessions('./sessions')).type.toBe<ResultAsync<PruneReport, ScanFailed>>()
    expect(checkDirectory('./sessions')).type.toBe<ResultAsync<readonly string[], CheckFailed>>()
  })

  test('compose with sessionFile, and collect the failures of all steps', () => {
    expect(sessionFile('./sessions', 'abc').asyncAndThen(file => readSession(file)))
      .type.toBe<ResultAsync<StoredSession | null, InvalidId | ReadFailure>>()
    expect(sessionFile('./sessions', 'abc').asyncAndThen(file => removeSession(file)))
      .type.toBe<ResultAsync<boolean, InvalidId | RemoveFailed>>()
    expect(sessionFile('./sessions', 'abc').asyncAndThen(file => writeIfChanged(file, { user: 'ada' })))
      .type.toBe<ResultAsync<Written, InvalidId | NotSerializable | WriteFailed>>()
  })

  test('compose with each other, one after the other and side by side', () => {
    const moved = readSession('abc.json').andThen(session => writeIfChanged('abd.json', session ?? {})).andThen(() => removeSession('abc.json'))
    expect(moved).type.toBe<ResultAsync<boolean, ReadFailure | NotSerializable | WriteFailed | RemoveFailed>>()
    const both = ResultAsync.combine([readSession('abc.json'), readSession('abd.json')])
    expect(both.map(([one, other]) => [one?.['user'], other?.['user']] as const)).type.toBe<ResultAsync<readonly [unknown, unknown], ReadFailure>>()
    const mixed = ResultAsync.combine([readSession('abc.json'), removeSession('abd.json')] as const)
    expect(mixed).type.toBeAssignableTo<ResultAsync<readonly [StoredSession | null, boolean], ReadFailure | RemoveFailed>>()
  })

  test('give results that can be mapped, matched and awaited', async () => {
    expect(readSession('abc.json').map(session => session !== null)).type.toBe<ResultAsync<boolean, ReadFailure>>()
    expect(readSession('abc.json').mapErr(({ type }) => type)).type.toBe<ResultAsync<StoredSession | null, ReadFailure['type']>>()
    expect(readSession('abc.json').match(session => session !== null, () => false)).type.toBe<Promise<boolean>>()
    expect(readSession('abc.json').unwrapOr(null)).type.toBe<Promise<StoredSession | null>>()
    expect(readSession('abc.json').orElse(() => writeIfChanged('abc.json', {}))).type.not.toRaiseError()
    expect(await removeSession('abc.json')).type.toBe<Result<boolean, RemoveFailed>>()
  })

  test('accept the options that they need and no other', () => {
    expect(readSession).type.toBeCallableWith('abc.json', { ttl: 1, secret: 'a' })
    expect(readSession).type.not.toBeCallableWith('abc.json', { durable: true })
    expect(writeIfChanged).type.toBeCallableWith('abc.json', {}, { durable: true, touchInterval: 1_000, fileMode: 0o660 })
    expect(writeIfChanged).type.not.toBeCallableWith('abc.json', 'a session')
    expect(removeSession).type.not.toBeCallableWith('abc.json', { ttl: 1 })
    expect(listSessions).type.toBeCallableWith('./sessions', { expired: true })
    expect(pruneSessions).type.toBeCallableWith('./sessions', { removeForeign: true, removeUnreadable: true, dryRun: true, signal: AbortSignal.abort() })
  })

  test('tell failures apart by their type', () => {
    const failure = {} as SessionFailure
    if (failure.type === 'malformed') expect(failure.file).type.toBe<string>()
    if (failure.type === 'scan-failed') expect(failure.directory).type.toBe<string>()
    expect(failure.type).type.toBe<
      'invalid-id' | 'read-failed' | 'malformed' | 'decrypt-failed' | 'not-encrypted' | 'not-serializable' | 'write-failed' | 'touch-failed' |
      'remove-failed' | 'index-failed' | 'scan-failed' | 'check-failed' | 'directory-exposed' | 'disk-slow' | 'unsupported-plugin'
    >()
  })
})
