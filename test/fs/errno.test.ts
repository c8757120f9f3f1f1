import { statSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { busyCodesOn, errorCode, isAlreadyExists, isBusy, isNotEmpty, isNotFound, isNotPermitted } from '../../src/fs/errno.ts'
import { systemError } from '../support.ts'

const predicates = [
  ['isNotFound', isNotFound, ['ENOENT', 'ENOTDIR']],
  ['isNotPermitted', isNotPermitted, ['EACCES', 'EPERM']],
  ['isAlreadyExists', isAlreadyExists, ['EEXIST']],
  ['isNotEmpty', isNotEmpty, ['ENOTEMPTY', 'EEXIST']],
  ['isBusy', isBusy, process.platform === 'win32' ? ['EPERM', 'EACCES', 'EBUSY'] : ['EBUSY', 'ETXTBSY']]
] as const

const codes = predicates.flatMap(([, , codes]) => codes)

for (const [name, predicate, ownCodes] of predicates) {
  const test = suite(name)

  test('is true for errors with one of its codes only', () => {
    for (const code of [...codes, 'EIO', 'EPERM', 'EACCES', '', 'enoent']) {
      assert.is(predicate(systemError(code)), (ownCodes as readonly string[]).includes(code), code)
    }
  })

  test('is false for anything that is not an error of the system', () => {
    for (const code of ownCodes) {
      for (const cause of [new Error(code), { code }, code, undefined, null]) assert.is(predicate(cause), false)
    }
  })

  test.run()
}

const busy = suite('busyCodesOn')

busy('has those by which Windows refuses a rename for good elsewhere', () => {
  assert.equal([...busyCodesOn('win32')], ['EPERM', 'EACCES', 'EBUSY'])
  for (const platform of ['linux', 'darwin'] as const) assert.equal([...busyCodesOn(platform)], ['EBUSY', 'ETXTBSY'])
})

busy.run()

const code = suite('errorCode')

code('is the code of an error of the system', () => {
  assert.is(errorCode(systemError('ENOSPC')), 'ENOSPC')
  try {
    statSync('/absent/absent')
    assert.unreachable()
  } catch (cause) {
    assert.is(errorCode(cause), 'ENOENT')
  }
})

code('is undefined for anything else', () => {
  const hostile = Object.defineProperty(new Error('no'), 'code', { get () { throw new Error('no code') } })
  for (const cause of [new Error('no'), Object.assign(new Error('no'), { code: 5 }), { code: 'ENOENT' }, 'ENOENT', undefined, null, hostile]) {
    assert.is(errorCode(cause), undefined)
  }
})

code.run()
