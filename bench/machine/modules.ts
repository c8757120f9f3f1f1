import type * as Library from '../../src/index.ts'

/**
 * Imports a module that the type check must not resolve: packages that only
 * the benchmark installs, and `dist/`, which a build makes.
 */
export async function importModule<T> (specifier: string): Promise<T> {
  return await import(specifier) as T
}

/** Imports the library as it is published, from `dist/`. */
export async function importLibrary (): Promise<typeof Library> {
  return await importModule(new URL('../../dist/index.js', import.meta.url).href)
}
