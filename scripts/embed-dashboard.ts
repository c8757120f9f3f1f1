import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// Writes src/dashboard/assets.ts: the style sheets and scripts of the dashboard as texts. So they are in the package,
// in every module system and in bundles, and nothing looks for files at run time. `--check` only compares.

const { resolve } = createRequire(import.meta.url)
const here = (name: string) => new URL(`../src/dashboard/assets/${name}`, import.meta.url)
const read = (file: string | URL) => readFileSync(file, 'utf8')

const uplot = resolve('uplot/dist/uPlot.iife.min.js')
const license = read(new URL('../LICENSE', `file://${uplot}`)).trim()
const script = 'text/javascript'
const style = 'text/css'

const files: Readonly<Record<string, readonly [type: string, content: string]>> = {
  'dashboard.css': [style, read(here('dashboard.css'))],
  'dashboard.js': [script, read(here('dashboard.js'))],
  'charts.js': [script, read(here('charts.js'))],
  'icon.svg': ['image/svg+xml', read(here('icon.svg'))],
  'uplot.js': [script, `/*\nuPlot\n\n${license}\n*/\n${read(uplot).trim()}\nglobalThis.uPlot = uPlot\n`],
  'uplot.css': [style, read(resolve('uplot/dist/uPlot.min.css'))]
}

const entries = Object.entries(files).map(([name, [type, content]]) => {
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 10)
  return `  '${name}': { type: '${type}', version: '${version}', content: ${JSON.stringify(content)} }`
})
const source = `/* eslint-disable */
// Made by scripts/embed-dashboard.ts from src/dashboard/assets/ and uPlot. Do not edit.

/** A style sheet, script or image of the dashboard. */
export interface Asset {
  readonly type: string
  /** Changes with the content. */
  readonly version: string
  readonly content: string
}

/** The files that the dashboard serves, by name. */
export const assets: Readonly<Record<string, Asset>> = {
${entries.join(',\n')}
}
`

const target = new URL('../src/dashboard/assets.ts', import.meta.url)
if (!process.argv.includes('--check')) {
  writeFileSync(target, source)
} else if (read(target) !== source) {
  console.error('src/dashboard/assets.ts is out of date. Run: node --import tsx scripts/embed-dashboard.ts')
  process.exitCode = 1
}
