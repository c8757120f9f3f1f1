import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { assets } from '../../src/dashboard/assets.ts'
import { suiteOnDisk } from '../support.ts'
import { prefix, serve } from './support.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')

const test = suiteOnDisk('The assets of the dashboard')

test('are those of src/dashboard/assets and of the installed uPlot', async () => {
  await run(process.execPath, ['--import', 'tsx', join(root, 'scripts', 'embed-dashboard.ts'), '--check'], { cwd: root })
})

test('hold the licence of uPlot', () => {
  assert.match(assets['uplot.js']!.content, /The MIT License[^]*Copyright \(c\) \d+ Leon Sorokin/)
})

test('ask no other host for anything', () => {
  for (const [name, { content }] of Object.entries(assets)) {
    const addresses = content.match(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]{2,}[^\s"')]*/gi) ?? []
    assert.equal(addresses.filter(address => !/github\.com\/leeoniya|www\.w3\.org/.test(address)), [], name)
  }
})

test('may be kept under an address with their version, and not under another', async ({ directory }) => {
  const { app, get } = await serve(directory)
  for (const [name, { type, version, content }] of Object.entries(assets)) {
    const { status, headers, body } = await get(`/assets/${name}?v=${version}`)
    assert.equal([status, headers['content-type'], body === content], [200, `${type}; charset=utf-8`, true], name)
    assert.match(String(headers['cache-control']), 'immutable', name)
    assert.is((await get(`/assets/${name}?v=old`)).headers['cache-control'], 'no-cache', name)
  }
  assert.is((await app.inject(`${prefix}/assets/none.js`)).statusCode, 404)
  await app.close()
})

test.run()
