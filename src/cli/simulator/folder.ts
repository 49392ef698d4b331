import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { CommandError } from '../command.ts'
import { makeFolder, readIfThere, removeFile, replaceFile } from '../file.ts'

/** Names what the simulator wrote, each file with its digest: by that it knows its own when it comes again. */
const MANIFEST = 'simulator.json'

export type Files = Readonly<Record<string, string | Uint8Array>>

/**
 * Writes files into a folder, which it makes if there is none.
 *
 * @param about what the manifest says beside the files
 * @param force overwrites files of others too
 * @throws {CommandError} a file of somebody else's, or one that was changed, is in the way; nothing has been written then
 */
export async function writeFolder(path: string, files: Files, about: object, force: boolean): Promise<void> {
  await makeFolder(path)
  const before = digestsOf(await readIfThere(join(path, MANIFEST)))
  const foreign: string[] = []
  const due: string[] = []
  for (const [name, content] of Object.entries(files)) {
    const there = await readIfThere(join(path, name))
    if (there && digest(there) === digest(content)) continue
    due.push(name)
    if (there && digest(there) !== before?.[name]) foreign.push(name)
  }
  if (before === undefined) foreign.push(MANIFEST)
  if (foreign.length && !force)
    throw new CommandError(
      `${path} holds ${foreign.join(', ')}, not as the simulator wrote it. Choose another --folder, or overwrite with --force.`,
    )
  for (const name of due) await replaceFile(join(path, name), files[name]!)
  for (const [name, written] of Object.entries(before ?? {})) {
    // Of another merchant, or a certificate that is gone: whoever finds it would try it.
    const there = Object.hasOwn(files, name) ? undefined : await readIfThere(join(path, name))
    if (there && digest(there) === written) await removeFile(join(path, name))
  }
  const digests = Object.entries(files).map(([name, content]) => [name, digest(content)])
  const manifest = { ...about, files: Object.fromEntries(digests) }
  await replaceFile(join(path, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

/** Files of an earlier run, as text; those that are not there are absent. */
export async function readFolder(path: string, names: readonly string[]): Promise<Record<string, string>> {
  const found = await Promise.all(names.map(async name => [name, await readIfThere(join(path, name))] as const))
  return Object.fromEntries(found.flatMap(([name, content]) => (content ? [[name, content.toString()]] : [])))
}

/** @returns undefined for a manifest that is not the simulator's */
function digestsOf(manifest: Buffer | undefined): Record<string, string> | undefined {
  if (manifest === undefined) return {}
  try {
    const { files } = JSON.parse(manifest.toString())
    // A name from a file that anybody may have written leads nowhere else.
    return Object.fromEntries(Object.entries<string>(files).filter(([name]) => name === basename(name)))
  } catch {
    return undefined
  }
}

const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
