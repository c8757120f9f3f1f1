import type * as Library from '../src/index.ts'

/**
 * A module that need not be there: what only the benchmark uses is installed
 * by its first run, and `dist/` is made by a build, so neither may be needed
 * to check the types.
 */
export async function load<T> (specifier: string): Promise<T> {
  return await import(specifier) as T
}

/** The library as it is published. */
export async function loadLibrary (): Promise<typeof Library> {
  return await load(new URL('../dist/index.js', import.meta.url).href)
}
