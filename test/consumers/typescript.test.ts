import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { consumerSuite, run, signInAndRestart, subfolder } from './consumer.ts'

const test = consumerSuite('TypeScript', 'typescript')

interface Setting {
  readonly name: string
  readonly typescript: '5' | '6' | '7'
  readonly module: string
  readonly resolution: string
  readonly type: 'module' | 'commonjs'
  readonly flags?: readonly string[]
}

const settings: readonly Setting[] = [
  { name: 'TypeScript 5.9, nodenext, ES modules', typescript: '5', module: 'nodenext', resolution: 'nodenext', type: 'module' },
  { name: 'TypeScript 5.9, commonjs and node10', typescript: '5', module: 'commonjs', resolution: 'node10', type: 'commonjs' },
  { name: 'TypeScript 6, nodenext, ES modules', typescript: '6', module: 'nodenext', resolution: 'nodenext', type: 'module' },
  { name: 'TypeScript 6, nodenext, CommonJS', typescript: '6', module: 'nodenext', resolution: 'nodenext', type: 'commonjs' },
  { name: 'TypeScript 6, node16, ES modules', typescript: '6', module: 'node16', resolution: 'node16', type: 'module' },
  { name: 'TypeScript 6, node16, CommonJS', typescript: '6', module: 'node16', resolution: 'node16', type: 'commonjs' },
  { name: 'TypeScript 6, node18, CommonJS', typescript: '6', module: 'node18', resolution: 'node16', type: 'commonjs' },
  { name: 'TypeScript 6, esnext and bundler', typescript: '6', module: 'esnext', resolution: 'bundler', type: 'module' },
  { name: 'TypeScript 6, commonjs and bundler', typescript: '6', module: 'commonjs', resolution: 'bundler', type: 'commonjs' },
  // TypeScript 6 reports `node10` as deprecated, and 7 has it no more.
  { name: 'TypeScript 6, commonjs and node10', typescript: '6', module: 'commonjs', resolution: 'node10', type: 'commonjs', flags: ['--ignoreDeprecations', '6.0'] },
  { name: 'TypeScript 7, nodenext, ES modules', typescript: '7', module: 'nodenext', resolution: 'nodenext', type: 'module' },
  { name: 'TypeScript 7, commonjs and bundler', typescript: '7', module: 'commonjs', resolution: 'bundler', type: 'commonjs' }
]

for (const { name, typescript, module, resolution, type, flags = [] } of settings) {
  test(name, async ({ root }) => {
    const directory = subfolder(root, name.replaceAll(/[^a-z0-9]+/gi, '-'), type, ['server.ts', 'plugin.ts'])
    const compiler = join(root, 'node_modules', `typescript-${typescript}`, 'bin', 'tsc')
    // The declarations of the package are checked as well: with `skipLibCheck`, a wrong one is `any`.
    await run(directory, [process.execPath, compiler, '--strict', '--target', 'es2022', '--types', 'node', '--esModuleInterop',
      '--module', module, '--moduleResolution', resolution, ...flags, 'server.ts', 'plugin.ts'])
    await rename(join(directory, 'server.ts'), join(directory, 'source.txt'))
    assert.equal(await signInAndRestart(directory, [process.execPath, 'server.js']), { user: 'ada', errors: '' })
  })
}

test.run()
