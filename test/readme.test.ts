import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
// Within the package, whose name resolves to itself there.
const nursery = join(root, '.readme')

interface Block { readonly language: string, readonly code: string, readonly line: number }

const readme = suite<{ directory: string }>('README')
const text = await readFile(join(root, 'README.md'), 'utf8')
const blocks = blocksOf(text)

readme.before.each(async context => {
  await mkdir(nursery, { recursive: true })
  context.directory = await mkdtemp(join(nursery, 'block-'))
})

readme.after.each(async ({ directory }) => {
  await rm(directory, { recursive: true, force: true })
})

readme('has code of kinds that are tested here', () => {
  assert.equal([...new Set(blocks.map(({ language }) => language))].sort(), ['js', 'sh', 'ts'])
})

for (const { language, code, line } of blocks) {
  if (language === 'js') {
    readme(`runs its code of line ${line}, to its end`, async ({ directory }) => {
      const listens = code.includes('app.listen(')
      const ended = listens ? `${code.replace('port: 3000', "port: 0, host: '127.0.0.1'")}\nawait app.close()\n` : code
      await writeFile(join(directory, 'block.mjs'), ended)
      const { stderr } = await run(process.execPath, ['block.mjs'], { cwd: directory, timeout: 20_000 })
      assert.is(stderr, '')
    })
  }
  if (language === 'ts') {
    readme(`type-checks its code of line ${line}`, async ({ directory }) => {
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
    readme(`names commands and packages that are there on line ${line}`, async () => {
      const { scripts, name, peerDependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
      for (const command of code.trim().split(/ && |\n/)) {
        const [, verb, ...words] = command.split(' ')
        if (verb === 'ci') continue
        if (verb === 'install') {
          for (const word of words) assert.ok([name, ...Object.keys({ ...peerDependencies, ...devDependencies })].includes(word), word)
        } else {
          assert.ok(verb !== undefined && verb in scripts, command)
        }
      }
    })
  }
}

readme('links to files that are there', async () => {
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    assert.ok(await readFile(join(root, target!)).then(() => true, ({ code }) => code === 'EISDIR'), target)
  }
})

readme.run()

function blocksOf (markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) =>
    ({ language, code, line: markdown.slice(0, index).split('\n').length }))
}
