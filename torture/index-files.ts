import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What somebody may do to the files of the index by hand. */
export const damages = ['remove-pointer', 'add-pointers', 'remove-directory', 'add-directory', 'add-foreign', 'obstruct-directory', 'remove-marks', 'remove-index'] as const

export type Damage = typeof damages[number]

/** The directory of the index of a directory of sessions. */
export function indexOf (directory: string): string {
  return join(directory, '.owners')
}

/** The pointers of an index, as paths in its directory. */
export async function pointersIn (directory: string): Promise<string[]> {
  const pointers: string[] = []
  for (const owner of await ownersIn(directory)) pointers.push(...(await readdir(join(indexOf(directory), owner))).map(name => join(owner, name)))
  return pointers.sort()
}

/** The names of the directories of an index, one an owner. */
export async function ownersIn (directory: string): Promise<string[]> {
  const entries = await readdir(indexOf(directory), { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory() && isHash.test(entry.name)).map(({ name }) => name).sort()
}

/** The names in an index that are not the store's. */
export async function foreignIn (directory: string): Promise<string[]> {
  const names = await readdir(indexOf(directory)).catch(() => [])
  return names.filter(name => !isHash.test(name) && !name.startsWith('.')).sort()
}

const isHash = /^[\w-]{43}$/

/** The marks of an index, which say that it is complete. */
export async function marksIn (directory: string): Promise<string[]> {
  return (await readdir(indexOf(directory)).catch(() => [])).filter(name => name.startsWith('.complete-'))
}

/** Damages the index; `which` chooses the file. */
export async function damageIndex (directory: string, damage: Damage, which: number): Promise<void> {
  const index = indexOf(directory)
  const choose = (names: readonly string[]) => names.length === 0 ? null : join(index, names[which % names.length] as string)
  switch (damage) {
    case 'remove-pointer': return await remove(choose(await pointersIn(directory)))
    case 'remove-directory': return await remove(choose(await ownersIn(directory)))
    case 'remove-index': return await remove(index)
    case 'remove-marks':
      for (const mark of await marksIn(directory)) await remove(join(index, mark))
      return
    case 'add-directory':
      // There may be a file that obstructs it.
      await mkdir(join(index, createHash('sha256').update(`stray ${which % 3}`).digest('base64url')), { recursive: true }).catch(() => {})
      return
    case 'add-foreign':
      await mkdir(join(index, `notes-${which % 3}`), { recursive: true })
      return await writeFile(join(index, `notes-${which % 3}`, 'a'), '')
    case 'obstruct-directory': return await replaceByFile(choose(await ownersIn(directory)))
    case 'add-pointers': return await copyPointers(directory)
  }
}

async function remove (file: string | null): Promise<void> {
  if (file !== null) await rm(file, { recursive: true, force: true })
}

async function replaceByFile (directory: string | null): Promise<void> {
  await remove(directory)
  if (directory !== null) await writeFile(directory, 'not a directory')
}

// Gives each owner pointers to the sessions of all.
async function copyPointers (directory: string): Promise<void> {
  const ids = new Set((await pointersIn(directory)).map(pointer => pointer.split('/')[1] as string))
  for (const owner of await ownersIn(directory)) {
    for (const id of ids) await writeFile(join(indexOf(directory), owner, id), '')
  }
}
