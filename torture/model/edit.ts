import { rename, unlink, utimes, writeFile } from 'node:fs/promises'

/** Writes `content` to `file` from outside of the store, last used at `now`. */
export async function writeFromOutside (file: string, content: string | Buffer, { isInPlace, now }: { readonly isInPlace: boolean, readonly now: number }): Promise<void> {
  if (isInPlace) {
    await writeFile(file, content)
  } else {
    await unlink(file).catch(() => {})
    await writeFile(`${file}~`, content)
    await rename(`${file}~`, file)
  }
  // After all microseconds that the store itself uses: by the real clock two writes never have the same time.
  await utimes(file, (now + 0.9985) / 1000, (now + 0.9985) / 1000)
}
