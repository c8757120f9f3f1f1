import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Modules of this directory as JavaScript, on the built library. */
export interface Compiled {
  /** The file of a module, given its name without an ending. */
  readonly file: (name: string) => string
  readonly remove: () => Promise<void>
}

/**
 * Compiles modules of this directory that processes are started from by the
 * thousand: without tsx they start in less than half the time.
 */
export async function compiled (names: readonly string[]): Promise<Compiled> {
  const place = await mkdtemp(join(tmpdir(), 'torture-'))
  await mkdir(join(place, 'torture'))
  await writeFile(join(place, 'package.json'), '{"type":"module"}')
  await symlink(fileURLToPath(new URL('../dist', import.meta.url)), join(place, 'src'))
  await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), join(place, 'node_modules'))
  for (const name of names) {
    const { outputText } = ts.transpileModule(await readFile(new URL(`${name}.ts`, import.meta.url), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true
      }
    })
    await writeFile(join(place, 'torture', `${name}.js`), outputText)
  }
  return {
    file: name => join(place, 'torture', `${name}.js`),
    remove: () => rm(place, { recursive: true, force: true })
  }
}
