import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { CommandError } from '../command.ts'
import { makeFolder, readFileIfExists, removeFile, replaceFile } from '../file.ts'

/** Lists the files that the simulator wrote with their digests, by which the next run recognizes them. */
const MANIFEST = 'simulator.json'

export type Files = Readonly<Record<string, string | Uint8Array>>

/**
 * Writes files to a folder, and creates it if it does not exist.
 *
 * @param manifestFields further members of the manifest
 * @param force overwrites files that the simulator did not write
 * @throws {CommandError} a file was changed, or is not the simulator's; then nothing has been written
 */
export async function writeFolder(path: string, files: Files, manifestFields: object, force: boolean): Promise<void> {
  await makeFolder(path)
  const writtenDigests = digestsOf(await readFileIfExists(join(path, MANIFEST)))
  const foreign: string[] = []
  const changed: string[] = []
  for (const [name, content] of Object.entries(files)) {
    const existing = await readFileIfExists(join(path, name))
    if (existing && digest(existing) === digest(content)) continue
    changed.push(name)
    if (existing && digest(existing) !== writtenDigests?.[name]) foreign.push(name)
  }
  if (writtenDigests === undefined) foreign.push(MANIFEST)
  if (foreign.length && !force)
    throw new CommandError(
      `${path} has ${foreign.join(', ')}, which the simulator did not write or which was changed. Choose another --folder, or overwrite with --force.`,
    )
  for (const name of changed) await replaceFile(join(path, name), files[name]!)
  for (const [name, written] of Object.entries(writtenDigests ?? {})) {
    // Stale files, of another merchant or with a replaced certificate, must not be used by accident.
    const stale = Object.hasOwn(files, name) ? undefined : await readFileIfExists(join(path, name))
    if (stale && digest(stale) === written) await removeFile(join(path, name))
  }
  const digests = Object.entries(files).map(([name, content]) => [name, digest(content)])
  const manifest = { ...manifestFields, files: Object.fromEntries(digests) }
  await replaceFile(join(path, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

/** Reads files of an earlier run as text; missing files are absent from the result. */
export async function readFolder(path: string, names: readonly string[]): Promise<Record<string, string>> {
  const found = await Promise.all(names.map(async name => [name, await readFileIfExists(join(path, name))] as const))
  return Object.fromEntries(found.flatMap(([name, content]) => (content ? [[name, content.toString()]] : [])))
}

/** @returns undefined if the manifest is not the simulator's */
function digestsOf(manifest: Buffer | undefined): Record<string, string> | undefined {
  if (manifest === undefined) return {}
  try {
    const { files } = JSON.parse(manifest.toString())
    // Another program may have written the manifest, so a name must not lead out of the folder.
    return Object.fromEntries(Object.entries<string>(files).filter(([name]) => name === basename(name)))
  } catch {
    return undefined
  }
}

const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
