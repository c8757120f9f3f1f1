import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import { promised, rollingSession } from './support.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
// Within the package, whose name resolves to itself there.
const nursery = join(root, '.readme')

interface Block { readonly language: string, readonly code: string, readonly line: number }

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...(await readdir(join(root, 'docs'))).filter(name => name.endsWith('.md')).map(name => `docs/${name}`)]

for (const page of pages) {
  const test = suite<{ directory: string }>(page)
  const text = await readFile(join(root, page), 'utf8')

  test.before.each(async context => {
    await mkdir(nursery, { recursive: true })
    context.directory = await mkdtemp(join(nursery, 'block-'))
  })

  test.after.each(({ directory }) => rm(directory, { recursive: true, force: true }))

  test('names modules that are there, and what is in them', async () => {
    for (const [, module = '', name] of text.matchAll(/`([\w-]+(?:\/[\w-]+)*\.ts)`(?: \(`(\w+)`\))?/g)) {
      const places = ['', 'src/', ...['async', 'fs', 'owner', 'pruning', 'queue', 'session'].map(folder => `src/${folder}/`)]
      const source = (await Promise.all(places.map(place => readFile(join(root, place, module), 'utf8').catch(() => null)))).find(source => source !== null)
      assert.ok(source !== undefined || !module.includes('/'), `${module} is missing`)
      if (name !== undefined) assert.ok(source?.includes(name), `${module} has no ${name}`)
    }
  })

  test('links to files and headings that are there', async () => {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      assert.ok(await stat(file).then(() => true, () => false), `${target} is missing`)
      if (anchor !== undefined) assert.ok(anchorsOf(await readFile(file, 'utf8')).has(anchor), `${target} has no such heading`)
    }
  })

  test('has code of kinds that are tested', () => {
    const kinds = new Set(blocksOf(text).map(({ language }) => language))
    assert.equal([...kinds].filter(kind => !['js', 'ts', 'sh', 'console', 'text'].includes(kind)), [])
  })

  for (const { language, code, line } of blocksOf(text)) {
    if (language === 'js') {
      test(`runs its code of line ${line} to its end`, async ({ directory }) => {
        const listens = code.includes('app.listen(')
        const ended = listens || code.includes('app.ready(') ? `${code.replace('port: 3000', "port: 0, host: '127.0.0.1'")}\nawait app.close()\n` : code
        await writeFile(join(directory, 'block.mjs'), ended)
        const { stderr } = await run(process.execPath, ['block.mjs'], { cwd: directory, timeout: 60_000 })
        assert.is(stderr, '')
      })
    }
    if (language === 'ts') {
      test(`type-checks its code of line ${line}`, async ({ directory }) => {
        await writeFile(join(directory, 'block.ts'), code)
        await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({
          extends: '../../tsconfig.json',
          compilerOptions: { rootDir: '../..', noEmit: true },
          include: ['block.ts']
        }))
        await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', directory])
          .catch(({ stdout }) => assert.unreachable(stdout))
      })
    }
    if (language === 'sh') {
      for (const command of commandsOf(code)) {
        test(`names a command that works on line ${line}: ${command}`, async ({ directory }) => {
          await check(command, directory)
        })
      }
    }
  }

  test.run()
}

/** Fails unless the command is one of npm's that exist, or one of ours, which is run beside some sessions. */
async function check (command: string, directory: string): Promise<void> {
  const { scripts, name, peerDependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const [program, verb = '', ...words] = command.split(/ +/)
  if (program === 'npm') {
    if (verb === 'ci') return
    if (verb === 'install') {
      for (const word of words) assert.ok([name, ...Object.keys({ ...peerDependencies, ...devDependencies })].includes(word.replace(/@\^?\d.*/, '')), word)
      return
    }
    const script = verb === 'run' ? words[0]! : verb
    assert.ok(script in scripts, `npm has no script ${script}`)
    return
  }
  assert.is(`${program} ${verb}`, 'npx file-sessions', `unknown command: ${command}`)
  const store = new FileStore(join(directory, 'sessions'), { pruneInterval: 0 })
  for (const [id, user] of [['3fKxyz', 'Ada'], ['9aBcde', 'Bob']] as const) await promised(store).set(id, { ...rollingSession(Date.now()), user })
  const parameters = words.map(word => word.replaceAll("'", '').replaceAll('"', ''))
  const asks = ['prune', 'revoke', 'encrypt', 'decrypt', 'seal', 'unseal', 'rotate'].includes(parameters[0] ?? '')
  const { code = 0, stderr } = await run(process.execPath, [join(root, 'dist/cli/main.js'), ...parameters, ...asks && parameters[0] === 'revoke' ? ['--yes'] : []], { cwd: directory, timeout: 60_000 })
    .catch((error: { code: number, stderr: string }) => error) as { code?: number, stderr: string }
  assert.ok(code < 2, stderr)
}

function commandsOf (code: string): string[] {
  return code.trim().split(/ && |\n/).map(line => line.replace(/ +#.*/, '').trim()).filter(line => line !== '')
}

// As GitHub and npm make them.
function anchorsOf (markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-'))
  const ids = [...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set([...headings, ...ids])
}

function blocksOf (markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) =>
    ({ language, code, line: markdown.slice(0, index).split('\n').length }))
}
