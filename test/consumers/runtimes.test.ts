import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { consumerSuite, signInAndRestart, subfolder } from './consumer.ts'

const test = consumerSuite('Runtimes', 'runtimes')

test('Bun', async ({ root }) => {
  const directory = subfolder(root, 'for-bun', 'module', ['server.js'])
  assert.is((await signInAndRestart(directory, [join(root, 'node_modules/.bin/bun'), 'server.js'])).user, 'ada')
})

test('Deno', async ({ root }) => {
  const directory = subfolder(root, 'for-deno', 'module', ['server.js'])
  const permissions = ['--allow-net=127.0.0.1', '--allow-read', '--allow-write', '--allow-env', '--allow-sys']
  assert.is((await signInAndRestart(directory, [join(root, 'node_modules/.bin/deno'), 'run', ...permissions, 'server.js'])).user, 'ada')
})

test.run()
