import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'

/**
 * Options that create the draft of {@link replaceAtomically}: readable only by this user, and never an existing file, because
 * somebody could have put a link there that leads the content elsewhere.
 */
export const DRAFT = { mode: 0o600, flag: 'wx' } as const

/**
 * Replaces a file atomically: readers see the old content or the new one, never a part. Removes the draft if writing it
 * fails.
 *
 * @param path path of the file
 * @param writeDraft creates the file whose path it receives, with {@link DRAFT}
 * @throws the error of `writeDraft`, or of the file system
 * @example
 * ```ts
 * await replaceAtomically('key.pem', draft => writeFile(draft, pem, DRAFT))
 * ```
 */
export async function replaceAtomically(path: string, writeDraft: (draft: string) => Promise<unknown>): Promise<void> {
  // Nobody can guess the name.
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    await writeDraft(draft)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw error
  }
}
