import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = join(import.meta.dirname, '..')

/** What a part of `src` may import. */
interface Rule {
  /** Other parts of `src`; every part may import itself, and the types of `errors.ts`. */
  readonly parts: readonly string[]
  /** Parts of which it may import types only. */
  readonly types?: readonly string[]
  /** Packages besides neverthrow and the modules of Node.js. A name with `type ` in front may be imported as a type only. */
  readonly packages?: readonly string[]
}

const core = ['async', 'session', 'fs', 'path.ts', 'encryption', 'queue', 'cache.ts', 'load.ts', 'save.ts']
const all = [...core, 'read.ts', 'write.ts', 'remove.ts', 'list.ts', 'check.ts', 'pruning', 'owner', 'observability', 'options.ts', 'context.ts', 'operations', 'store.ts']

// A folder, or a file directly below src/, from the bottom to the top: each imports only what is above it in this table.
const rules: Readonly<Record<string, Rule>> = {
  async: { parts: [] },
  'errors.ts': { parts: [] },
  session: { parts: [], packages: ['secure-json-parse'] },
  fs: { parts: ['async'] },
  'path.ts': { parts: [] },
  encryption: { parts: ['session', 'path.ts'] },
  queue: { parts: ['async', 'session'] },
  'cache.ts': { parts: ['fs', 'session'], packages: ['lru-cache'] },
  // How files are read and how they are written; what is to be read and written is for the verbs to say.
  'load.ts': { parts: core, types: ['queue'] },
  'save.ts': { parts: core.filter(part => part !== 'queue'), types: ['queue'] },
  // The verbs do not import each other.
  'read.ts': { parts: core },
  'write.ts': { parts: core },
  'remove.ts': { parts: core },
  'check.ts': { parts: core },
  'list.ts': { parts: core },
  pruning: { parts: ['async', 'session', 'fs', 'path.ts', 'encryption', 'load.ts'] },
  owner: { parts: [...core, 'list.ts'], types: ['pruning', 'write.ts'] },
  observability: { parts: ['fs'], types: ['pruning', 'write.ts'] },
  'options.ts': { parts: ['session', 'fs', 'path.ts', 'encryption', 'cache.ts'], types: ['owner', 'observability'] },
  'context.ts': { parts: ['fs', 'cache.ts', 'owner', 'observability'], types: ['read.ts', 'write.ts', 'options.ts'] },
  operations: {
    parts: [...core, 'list.ts', 'check.ts', 'pruning', 'owner', 'observability', 'context.ts'], types: ['write.ts', 'options.ts'], packages: ['type fastify']
  },
  'store.ts': {
    parts: ['async', 'session', 'path.ts', 'read.ts', 'write.ts', 'remove.ts', 'observability', 'options.ts', 'operations'],
    types: ['queue'],
    packages: ['type fastify', 'type @fastify/session']
  },
  'index.ts': { parts: [...all, 'copy'] },
  // What is loaded only by who asks for it. The command and the dashboard know nothing but the public API.
  plugin: { parts: ['fs', 'options.ts', 'store.ts'], packages: ['fastify', '@fastify/cookie', '@fastify/session', 'fastify-plugin'] },
  copy: { parts: ['session', 'path.ts', 'encryption', 'options.ts', 'store.ts', 'list.ts'], types: ['observability'], packages: ['fastify', '@fastify/session'] },
  dashboard: { parts: ['index.ts'], packages: ['fastify', 'fastify-plugin', 'uplot'] },
  cli: {
    parts: ['index.ts', 'copy'],
    packages: ['commander', '@clack/prompts', '@bomb.sh/tab/commander', 'fast-string-width', 'connect-redis', 'redis', 'type fastify']
  }
}

// The store's class is in three files.
const partNames: Readonly<Record<string, string>> = { 'operations.ts': 'operations', 'express-operations.ts': 'operations', 'callbacks.ts': 'operations', 'parameters.ts': 'operations' }

/** The part of `src` that a file belongs to. */
function partOf (file: string): string {
  const [first = ''] = file.split('/')
  return partNames[first] ?? first
}

interface Import {
  readonly file: string
  /** A file of `src`, a package, or a module of Node.js. */
  readonly imported: string
  readonly isType: boolean
  readonly isDynamic: boolean
}

const statement = /^(?:import|export)\s+(type\s)?(?:[\w*{][^'"]*?from\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm

/** The imports of all files of `src`. */
const imports: readonly Import[] = sourceFiles().flatMap(file =>
  [...readFileSync(join(root, 'src', file), 'utf8').matchAll(statement)].map(([, type, fixed, dynamic]) => {
    const specifier = fixed ?? dynamic!
    const imported = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier
    return { file, imported, isType: type !== undefined, isDynamic: fixed === undefined }
  }))

function sourceFiles (): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.ts'))
    .sort()
}

const isSource = (imported: string) => imported.endsWith('.ts')

const test = suite('The source')

test('consists of parts that have a rule', () => {
  assert.ok(imports.length > 200)
  assert.equal([...new Set(sourceFiles().map(partOf))].filter(part => !Object.hasOwn(rules, part)), [])
  assert.equal(Object.keys(rules).filter(part => !sourceFiles().some(file => partOf(file) === part)), [])
})

for (const [part, { parts, types = [], packages = [] }] of Object.entries(rules)) {
  test(`lets ${part} import ${parts.length === 0 ? 'no other part' : `only ${parts.join(', ')}`}`, () => {
    const isAllowed = ({ imported, isType }: Import) => {
      if (isSource(imported)) {
        const other = partOf(imported)
        return other === part || parts.includes(other) || (isType && (types.includes(other) || other === 'errors.ts'))
      }
      return imported.startsWith('node:') || imported === 'neverthrow' || packages.includes(imported) || (isType && packages.includes(`type ${imported}`))
    }
    const broken = imports.filter(({ file }) => partOf(file) === part).filter(each => !isAllowed(each))
    assert.equal(broken.map(({ file, imported, isType }) => `src/${file} must not import ${isType ? 'a type of ' : ''}${imported}`), [])
  })
}

test('calls the file system in fs/node.ts only, apart from what is loaded by itself', () => {
  const optional = ['plugin', 'dashboard', 'cli']
  const callers = imports.filter(({ imported, isType }) => /^node:fs(\/promises)?$/.test(imported) && !isType)
    .filter(({ file }) => !optional.includes(partOf(file)))
  assert.equal([...new Set(callers.map(({ file }) => file))], ['fs/node.ts'])
})

test('imports nothing for a side effect, and nothing later, apart from what is loaded by itself', () => {
  const bare = sourceFiles().filter(file => /^import '/m.test(readFileSync(join(root, 'src', file), 'utf8')))
  assert.equal(bare, [])
  const later = imports.filter(({ isDynamic }) => isDynamic).map(({ file }) => partOf(file))
  assert.equal([...new Set(later)].filter(part => !['plugin', 'copy', 'dashboard', 'cli'].includes(part)), [])
})

test('has no import cycle, of types neither', () => {
  const edges = new Map<string, string[]>()
  for (const { file, imported } of imports) {
    if (isSource(imported)) edges.set(file, [...edges.get(file) ?? [], imported])
  }
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    else if (!done.has(file)) {
      for (const imported of edges.get(file) ?? []) visit(imported, [...path, file])
      done.add(file)
    }
  }
  for (const file of edges.keys()) visit(file, [])
  assert.equal(cycles, [])
})

test('imports files that exist, by their whole name', () => {
  const missing = imports.filter(({ imported }) => !imported.startsWith('node:') && (imported.startsWith('.') || imported.endsWith('.js') || isSource(imported)))
    .filter(({ imported }) => !existsSync(join(root, 'src', imported)))
  assert.equal(missing.map(({ file, imported }) => `src/${file} imports ${imported}`), [])
})

test('has a suite for each module of the core, at the same place below test/', () => {
  // Types only; and what is tested as one, in test/store/.
  const exceptions = ['errors.ts', 'pruning/options.ts', 'store.ts', 'context.ts', 'operations.ts', 'express-operations.ts', 'callbacks.ts']
  const withSuite = sourceFiles().filter(file => !['plugin', 'copy', 'dashboard', 'cli'].includes(partOf(file)) && !exceptions.includes(file))
  const missing = withSuite.filter(file => !existsSync(join(root, 'test', dirname(file), `${posix.basename(file, '.ts')}.test.ts`)))
  assert.equal(missing.map(file => `test/${file.replace(/\.ts$/, '.test.ts')} is missing`), [])
})

test.run()
