import { rm } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { consumerSuite, copyProject, run, signInAndRestart, subfolder } from './consumer.ts'

const test = consumerSuite('JavaScript', 'javascript')
const signedInAndSilent = { user: 'ada', errors: '' }

test('ES modules', async ({ root }) => {
  assert.equal(await signInAndRestart(subfolder(root, 'esm', 'module', ['server.js']), [process.execPath, 'server.js']), signedInAndSilent)
})

test('CommonJS', async ({ root }) => {
  assert.equal(await signInAndRestart(subfolder(root, 'cjs', 'commonjs', ['server.cjs']), [process.execPath, 'server.cjs']), signedInAndSilent)
})

test('ES modules, the plugin form', async ({ root }) => {
  assert.equal(await signInAndRestart(subfolder(root, 'plugin-esm', 'module', ['plugin.js']), [process.execPath, 'plugin.js']), signedInAndSilent)
})

test('CommonJS, the plugin form', async ({ root }) => {
  assert.equal(await signInAndRestart(subfolder(root, 'plugin-cjs', 'commonjs', ['plugin.cjs']), [process.execPath, 'plugin.cjs']), signedInAndSilent)
})

test('ES modules and CommonJS in one process share one copy of the package', async ({ root }) => {
  const { stdout } = await run(subfolder(root, 'both', 'module', ['both.js']), [process.execPath, 'both.js'])
  assert.is(stdout, 'true\n')
})

test('Fastify 5.0.0 with @fastify/session 11.1.2', async () => {
  const root = await copyProject('oldest', ['server.js'])
  await run(root, ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  assert.equal(await signInAndRestart(root, [process.execPath, 'server.js']), signedInAndSilent)
  await rm(root, { recursive: true, force: true })
})

test.run()
