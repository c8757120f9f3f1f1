import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('docs/compatibility.md')
const root = join(import.meta.dirname, '..')
const consumers = join(root, 'test/consumers')
const page = readFileSync(join(root, 'docs/compatibility.md'), 'utf8')
const rows = page.slice(page.indexOf('| consumer |')).split('\n').slice(2).filter(line => line.startsWith('| '))

test('lists each consumer that is tested, and no other', () => {
  const sources = readdirSync(consumers).filter(name => name.endsWith('.test.ts')).map(name => readFileSync(join(consumers, name), 'utf8'))
  const tested = sources.flatMap(source => [...source.matchAll(/^(?:test\(| {2}\{ name: )'(.+?)',/gm)].map(([, name]) => name!))
  assert.ok(tested.length > 20)
  assert.equal(rows.map(row => row.split(' | ')[0]!.slice(2)).sort(), tested.sort())
})

test('names only versions that are tested', () => {
  const versions = new Set(readdirSync(join(consumers, 'projects')).flatMap(project => {
    const { dependencies } = JSON.parse(readFileSync(join(consumers, 'projects', project, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    return Object.values(dependencies).map(version => version.replace(/^npm:.*@/, ''))
  }))
  const claimed = rows.flatMap(row => row.match(/\d+\.\d+\.\d+/g) ?? [])
  assert.equal(claimed.filter(version => !versions.has(version)), [])
})

test('names the versions of Node.js that are tested', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const oldest = /\^(\d+\.\d+\.\d+)/.exec(engines.node)?.[1]
  assert.match(page, `| Node.js | ${oldest} (the oldest that is supported), the newest 22, the newest 24, the newest of all |`)
  assert.match(readFileSync(join(root, 'scripts/nodes.ts'), 'utf8'), `const versions = ['${oldest}', '22', '24', 'latest']`)
})

test.run()
