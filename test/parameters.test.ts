import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requireNames, requireOwner } from '../src/parameters.ts'

const test = suite('parameters')

const refused = (call: () => void, message: string) => assert.throws(call, (error: unknown) => error instanceof TypeError && error.message === message)

test('an owner is a string that is not empty', () => {
  requireOwner('ada')
  for (const [owner, text] of [[42, '42'], ['', "''"], [null, 'null'], [undefined, 'undefined'], [{ name: { first: 'Ada' } }, '{ name: [Object] }']] as const) {
    refused(() => requireOwner(owner), `An owner is a string that is not empty, and not ${text}`)
  }
})

test('options of a method are an object with its names', () => {
  requireNames({}, ['except'])
  requireNames({ except: undefined }, ['except'])
  refused(() => requireNames('a', ['except']), "The options are 'a'; expected an object with except")
  refused(() => requireNames(null, ['except', 'other']), 'The options are null; expected an object with except, other')
  refused(() => requireNames({ except: 'a', excpt: 'b' }, ['except', 'other']), "There is no option 'excpt'; expected except, other")
})

test.run()
