import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { consumerSuite, run, signInAndRestart, subfolder } from './consumer.ts'

const test = consumerSuite('Bundlers', 'bundlers')

/** Runs the bundle where nothing is installed, so that it has to hold all that it needs. */
async function signInAndRestartAlone (bundle: string, name: string): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), 'consumer-bundle-'))
  await cp(bundle, join(directory, name))
  const { user } = await signInAndRestart(directory, [process.execPath, name])
  await rm(directory, { recursive: true, force: true })
  return user
}

test('esbuild, CommonJS bundle', async ({ root }) => {
  const directory = subfolder(root, 'esbuild-cjs', 'module', ['server.js'])
  await run(directory, [join(root, 'node_modules/.bin/esbuild'), 'server.js', '--bundle', '--platform=node', '--format=cjs', '--outfile=bundle.cjs'])
  assert.is(await signInAndRestartAlone(join(directory, 'bundle.cjs'), 'bundle.cjs'), 'ada')
})

test('esbuild, ES module bundle', async ({ root }) => {
  const directory = subfolder(root, 'esbuild-esm', 'module', ['server.js'])
  // Fastify needs `require` in such a bundle, with any store.
  const banner = "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  await run(directory, [join(root, 'node_modules/.bin/esbuild'), 'server.js', '--bundle', '--platform=node', '--format=esm', banner, '--outfile=bundle.mjs'])
  assert.is(await signInAndRestartAlone(join(directory, 'bundle.mjs'), 'bundle.mjs'), 'ada')
})

test('webpack', async ({ root }) => {
  const directory = subfolder(root, 'webpack', 'module', ['server.js'])
  await run(directory, [process.execPath, join(root, 'node_modules/webpack-cli/bin/cli.js'), './server.js', '--target', 'node', '--mode', 'production',
    '--output-path', 'out', '--output-filename', 'bundle.cjs'])
  assert.is(await signInAndRestartAlone(join(directory, 'out/bundle.cjs'), 'bundle.cjs'), 'ada')
})

test.run()
