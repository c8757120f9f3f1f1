import * as assert from 'uvu/assert'
import { consumerSuite, run, subfolder } from './consumer.ts'

const test = consumerSuite('Test runners', 'testing')

// With this version of @fastify/cookie, since newer ones import an ES module, which Jest's CommonJS mode cannot.
test('Jest, CommonJS, with @fastify/cookie 11.1.0', async ({ root }) => {
  const directory = subfolder(root, 'jest', 'commonjs', ['jest.test.js'])
  const { stderr } = await run(directory, [process.execPath, '../node_modules/jest/bin/jest.js', '--rootDir', '.'])
  assert.match(stderr, /Tests: +1 passed, 1 total/)
})

test('Vitest', async ({ root }) => {
  const directory = subfolder(root, 'vitest', 'module', ['vitest.test.js'])
  const { stdout } = await run(directory, [process.execPath, '../node_modules/vitest/vitest.mjs', 'run', '--root', '.'], { NO_COLOR: '1' })
  assert.match(stdout, /Tests +1 passed \(1\)/)
})

test.run()
