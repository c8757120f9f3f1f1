import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from './support.ts'

const execute = promisify(execFile)
// On Windows, npm and what npm installs are scripts for a shell.
const run = (program: string, parameters: readonly string[], options: { cwd: string }) =>
  execute(program, parameters, { ...options, shell: process.platform === 'win32' && program !== process.execPath })
const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

const test = suiteOnDisk('The packed package')

/** The package as it stands, packed into `directory`: the path of the tarball. */
async function pack (directory: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], { cwd: root })
  return join(directory, stdout.trim().split('\n').at(-1)!)
}

test('holds what runs, its types and its papers, and nothing else', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const packed = JSON.parse(stdout)
  const { files } = (Array.isArray(packed) ? packed[0] : Object.values(packed)[0]) as { files: Array<{ path: string }> }
  const built = (await readdir(join(root, 'dist'), { recursive: true })).filter(name => /\.(js|json|d\.ts)$/.test(name)).map(name => `dist/${name.replaceAll('\\', '/')}`)
  assert.equal(files.map(({ path }) => path).sort(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...built].sort())
})

test('has no finding of publint, and none of attw in any module system', async ({ directory }) => {
  // Packed here: `attw --pack` would build anew, under the suites that use `dist` meanwhile.
  const packed = await pack(directory)
  await run(bin('publint'), ['--strict', packed], { cwd: root })
  await run(bin('attw'), [packed], { cwd: root })
})

test('installs into an empty folder, and works there by import and by require, in JavaScript and TypeScript', async ({ directory }) => {
  const packed = await pack(directory)
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const app = join(directory, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), JSON.stringify({
    private: true,
    type: 'module',
    dependencies: {
      'fastify-file-session-store': `file:${packed}`,
      '@fastify/session': devDependencies['@fastify/session'],
      '@fastify/cookie': devDependencies['@fastify/cookie'],
      fastify: devDependencies.fastify
    }
  }))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: app })
  const story = `
const app = Fastify()
app.register(fastifyCookie)
app.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false }, store: new FileStore('./sessions') })
app.get('/', async request => {
  request.session.visits = (request.session.visits ?? 0) + 1
  return { visits: request.session.visits }
})
app.inject('/')
  .then(first => app.inject({ url: '/', headers: { cookie: first.headers['set-cookie'].split(';')[0] } }))
  .then(second => { console.log(second.body); return app.close() })
`
  await writeFile(join(app, 'import.js'), `
import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { FileStore } from 'fastify-file-session-store'
${story}`)
  await writeFile(join(app, 'require.cjs'), `
const Fastify = require('fastify')
const fastifyCookie = require('@fastify/cookie')
const fastifySession = require('@fastify/session')
const { FileStore } = require('fastify-file-session-store')
${story}`)
  await writeFile(join(app, 'use.ts'), `
import type { SessionStore } from '@fastify/session'
import { FileStore, readSession } from 'fastify-file-session-store'
declare module 'fastify' { interface Session { visits?: number } }
export const store: SessionStore = new FileStore('./sessions', { ttl: 1000 })
export const session: unknown = (await readSession('./sessions/abc.json')).unwrapOr(null)
`)
  for (const script of ['import.js', 'require.cjs']) {
    const { stdout, stderr } = await run(process.execPath, [script], { cwd: app })
    assert.equal([stdout, stderr.includes('ERR_')], ['{"visits":2}\n', false], script)
  }
  await run(bin('tsc'), ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', 'use.ts'], { cwd: app })
    .catch(({ stdout }) => assert.unreachable(stdout))
})

test.run()
