import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attachMergeBase } from '../../src/session/merge-base.ts'
import { PluginSupport, unsendableCookie } from '../../src/session/plugin-support.ts'
import { loadedByPlugin, mergeBase } from '../support.ts'

const test = suite('PluginSupport')

const file = '/sessions/abc.json'
const old = () => loadedByPlugin({ cookie: {} })

function recent () {
  const session = { cookie: {} }
  attachMergeBase(session, mergeBase({}, file))
  return loadedByPlugin(session)
}

test('is missing when the first loaded session that is saved has no base, and says so once', () => {
  const support = new PluginSupport()
  for (const id of ['abc', 'abd']) support.loaded(id)
  assert.equal([support.detectsUnsupported('abc', old(), file), support.detectsUnsupported('abd', old(), file)], [true, false])
})

test('is not missing when the first one has its base, whatever comes later', () => {
  const support = new PluginSupport()
  for (const id of ['abc', 'abd']) support.loaded(id)
  assert.equal([support.detectsUnsupported('abc', recent(), file), support.detectsUnsupported('abd', old(), file)], [false, false])
})

test('says nothing of sessions that were not loaded, or do not come from the plugin', () => {
  const support = new PluginSupport()
  assert.is(support.detectsUnsupported('abc', old(), file), false)
  support.loaded('abc')
  assert.is(support.detectsUnsupported('abc', { cookie: {} }, file), false)
  support.loaded('abc')
  assert.is(support.detectsUnsupported('abc', old(), file), true)
})

test('remembers a thousand loaded sessions at most', () => {
  const support = new PluginSupport()
  for (let index = 0; index <= 1_000; index++) support.loaded(String(index))
  assert.equal([support.detectsUnsupported('1000', old(), file), support.detectsUnsupported('999', old(), file)], [false, true])
})

test('does not remember loaded sessions once it is decided', () => {
  const support = new PluginSupport()
  support.loaded('abc')
  assert.is(support.detectsUnsupported('abc', recent(), file), false)
  support.loaded('abd')
  assert.is(support.detectsUnsupported('abd', old(), file), false)
})

test.run()

const sending = suite('unsendableCookie')

sending('names the attributes of the cookie of a plugin\'s session that cannot be sent', () => {
  const session = (cookie: unknown) => ({ ...recent(), cookie })
  assert.is(unsendableCookie(session({ path: '/', expires: new Date(), domain: 'example.com' })), null)
  assert.is(unsendableCookie(session({ domain: 'a b', expires: new Date(8e15), path: '/' }))!.message, 'the cookie cannot be sent: its expires, domain is not valid')
  // That is found when it is serialized.
  assert.is(unsendableCookie(session({ get path () { throw new Error('no path') } })), null)
  assert.is(unsendableCookie(session(null)), null)
})

sending('is null for a session that does not come from the plugin', () => {
  assert.is(unsendableCookie({ cookie: { domain: 'a b' } }), null)
})

sending.run()
