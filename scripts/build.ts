import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

// Compiles `src/` to `dist/`: one CommonJS build, which every module system can load, and which is loaded
// once however many of them a process uses. (With a second, ES build the two would be different classes
// in one process.)

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
try {
  // The style sheets and scripts of the dashboard, as a module.
  execFileSync(process.execPath, ['--import', 'tsx', join('scripts', 'embed-dashboard.ts')], { cwd: root, stdio: 'inherit' })
  execFileSync(process.execPath, [createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  // The package itself is an ES module package, for its tests and scripts. Bundlers look for `sideEffects` here, too.
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs", "sideEffects": false }\n')
} catch ({ status }: any) {
  process.exitCode = status ?? 1
}
