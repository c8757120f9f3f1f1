import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { consumerSuite, copyProject, run, signInAndRestart } from './consumer.ts'

const test = consumerSuite('Package managers', 'managers')

test('pnpm', async ({ root }) => {
  const project = await copyProject('javascript', ['server.js'])
  await run(project, [process.execPath, join(root, 'node_modules/pnpm/bin/pnpm.mjs'), 'install', '--prefer-offline', '--store-dir', join(root, 'pnpm')])
  assert.ok(existsSync(join(project, 'node_modules/.pnpm')))
  assert.equal(await signInAndRestart(project, [process.execPath, 'server.js']), { user: 'ada', errors: '' })
  await rm(project, { recursive: true, force: true })
})

test('Yarn with Plug and Play', async ({ root }) => {
  const project = await copyProject('javascript', ['server.js', 'server.cjs'])
  await writeFile(join(project, '.yarnrc.yml'), 'nodeLinker: pnp\nenableTelemetry: false\nenableImmutableInstalls: false\n')
  await writeFile(join(project, 'yarn.lock'), '')
  await run(project, [process.execPath, join(root, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js'), 'install'], { YARN_GLOBAL_FOLDER: join(root, 'yarn') })
  assert.not(existsSync(join(project, 'node_modules')))
  // What `yarn node` adds. CommonJS needs the loader, too, since @fastify/cookie imports an ES module.
  const node = [process.execPath, '--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs'] as const
  assert.is((await signInAndRestart(project, [...node, 'server.js'])).user, 'ada')
  assert.is((await signInAndRestart(project, [...node, 'server.cjs'])).user, 'ada')
  await rm(project, { recursive: true, force: true })
})

test.run()
