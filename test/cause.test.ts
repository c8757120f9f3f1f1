import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isAbsent, isTaken, mayBeHeldOpen } from '../src/cause.ts'

const predicates = [
  ['isAbsent', isAbsent, ['ENOENT', 'ENOTDIR']],
  ['isTaken', isTaken, ['EEXIST']],
  ['mayBeHeldOpen', mayBeHeldOpen, ['EPERM', 'EACCES', 'EBUSY']]
] as const

const codes = predicates.flatMap(([, , codes]) => codes)

for (const [name, predicate, its] of predicates) {
  const test = suite(name)

  test('is so for its codes alone', () => {
    for (const code of [...codes, 'EIO', '', 'enoent']) {
      assert.is(predicate(Object.assign(new Error('refused'), { code })), (its as readonly string[]).includes(code), code)
    }
  })

  test('is not so for what is no error of the disk', () => {
    for (const code of its) {
      for (const cause of [new Error(code), { code }, code, undefined, null]) assert.is(predicate(cause), false)
    }
  })

  test.run()
}
