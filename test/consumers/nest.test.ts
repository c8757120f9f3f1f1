import { cpSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { consumerSuite, copyProject, run, signInAndRestart } from './consumer.ts'

const files = ['nest.ts', 'nest-main.ts']
const compile = ['node_modules/typescript/bin/tsc', '--strict', '--target', 'es2023', '--module', 'nodenext', '--experimentalDecorators', '--emitDecoratorMetadata',
  '--esModuleInterop', '--skipLibCheck', '--types', 'node', '--outDir', 'built', 'nest-main.ts']

const test = consumerSuite('Nest', 'nest-11')

test('Nest 11 on @nestjs/platform-fastify, CommonJS', async ({ root }) => {
  for (const file of files) cpSync(join(import.meta.dirname, 'apps', file), join(root, file))
  await run(root, [process.execPath, ...compile])
  assert.is((await signInAndRestart(root, [process.execPath, 'built/nest-main.js'])).user, 'ada')
})

test('Nest 11 in Jest with ts-jest, as `nest new` sets it up', async ({ root }) => {
  for (const file of ['nest.ts', 'nest.spec.ts', 'tsconfig.json']) cpSync(join(import.meta.dirname, 'apps', file === 'tsconfig.json' ? 'nest-tsconfig.json' : file), join(root, file))
  const { stderr } = await run(root, [process.execPath, 'node_modules/jest/bin/jest.js'])
  assert.match(stderr, /Tests: +1 passed, 1 total/)
})

test('Nest 12 on @nestjs/platform-fastify, ES modules', async () => {
  const root = await copyProject('nest-12', files)
  await run(root, ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  await run(root, [process.execPath, ...compile])
  assert.is((await signInAndRestart(root, [process.execPath, 'built/nest-main.js'])).user, 'ada')
  await rm(root, { recursive: true, force: true })
})

test.run()
