import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '../command.ts'
import { makeFolder, readFileIfExists, removeFile, replaceFile } from '../file.ts'

/** Lists the files that the simulator wrote with their digests, by which the next run recognizes them. */
const MANIFEST = 'simulator.json'

export type Files = Readonly<Record<string, string | Uint8Array>>

/** A folder in which the simulator keeps the files of its merchant. */
export interface MerchantFolder {
  readonly path: string
  /** Returns a file as an earlier run wrote it; undefined if there is none, or if somebody else wrote or changed it. */
  read(name: string): Promise<string | undefined>
  /**
   * Writes files, creates the folder if it does not exist, and removes files of earlier runs that are not among them.
   *
   * @param manifestFields further members of the manifest
   * @throws {CommandError} a file was changed, or is not the simulator's, and it is not forced; then nothing has been written
   */
  write(files: Files, manifestFields: object): Promise<void>
}

export interface FolderOptions {
  /** Returns whether the simulator writes files of this name. No other is ever read, written or removed. */
  readonly isOwnName: (name: string) => boolean
  /** Overwrites files that the simulator did not write. */
  readonly force: boolean
}

/**
 * Opens a folder for the files of a merchant.
 *
 * Files that somebody else put there are never adopted: a planted certificate authority or key would be trusted by the
 * merchant's program, while its owner has the private key. The manifest tells which files are the simulator's own. It is
 * no proof against somebody who can write to the folder as this user.
 *
 * @throws {CommandError} the manifest cannot be read; or it or the folder is a link or belongs to another user, and it is not forced
 */
export async function openFolder(path: string, { isOwnName, force }: FolderOptions): Promise<MerchantFolder> {
  const manifest = join(path, MANIFEST)
  const planted = (await isForeign(path)) ? path : (await isForeign(manifest)) ? manifest : undefined
  if (planted !== undefined && !force)
    throw new CommandError(
      `${planted} is a link or belongs to another user, who may have the keys of this folder. Choose another --folder, or replace its files with --force.`,
    )
  const written = planted !== undefined ? undefined : readManifest(await readFileIfExists(manifest), isOwnName)
  const isUnchanged = (name: string, content: Uint8Array): boolean =>
    written?.get(name)?.includes(digestOf(content)) ?? false

  return {
    path,
    async read(name) {
      const file = join(path, name)
      const content = written?.has(name) && !(await isForeign(file)) ? await readFileIfExists(file) : undefined
      return content && isUnchanged(name, content) ? content.toString() : undefined
    },
    async write(files, manifestFields) {
      const strange = Object.keys(files).find(name => !isOwnName(name))
      if (strange !== undefined) throw new RangeError(`${JSON.stringify(strange)} is no name of the simulator's files`)
      await makeFolder(path)
      const foreign: string[] = []
      const changed: string[] = []
      for (const [name, content] of Object.entries(files)) {
        const file = join(path, name)
        const existing = await readFileIfExists(file)
        const isPlanted = await isForeign(file)
        if (existing && !isPlanted && digestOf(existing) === digestOf(content)) continue
        changed.push(name)
        if (isPlanted || (existing && !isUnchanged(name, existing))) foreign.push(name)
      }
      if (written === undefined) foreign.push(MANIFEST)
      if (foreign.length && !force)
        throw new CommandError(
          `${path} has ${foreign.join(', ')}, which the simulator did not write or which was changed. Choose another --folder, or overwrite with --force.`,
        )
      const digests = Object.entries(files).map(([name, content]): [string, string] => [name, digestOf(content)])
      // If the process is killed now, the next run recognizes the old files and the new ones.
      const pending = digests.map(([name, digest]) => [name, [...(written?.get(name) ?? []), digest]])
      await writeManifest(manifest, manifestFields, [...(written ?? []), ...pending])
      for (const name of changed) await replaceFile(join(path, name), files[name]!)
      for (const name of written?.keys() ?? []) {
        // Stale files, of another merchant or with a replaced certificate, must not be used by accident.
        const stale = Object.hasOwn(files, name) ? undefined : await readFileIfExists(join(path, name))
        if (stale && isUnchanged(name, stale)) await removeFile(join(path, name))
      }
      await writeManifest(manifest, manifestFields, digests)
    },
  }
}

/**
 * Returns whether a file or folder exists that is a link or that another user owns. A link of another user may lead to a file of this
 * one. Windows has no such owner.
 */
async function isForeign(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined)
  if (!found) return false
  return found.isSymbolicLink() || (process.getuid !== undefined && found.uid !== process.getuid())
}

const writeManifest = (file: string, fields: object, digests: readonly (readonly unknown[])[]): Promise<void> =>
  replaceFile(
    file,
    `${JSON.stringify({ ...fields, files: Object.fromEntries(digests as [string, unknown][]) }, undefined, 2)}\n`,
  )

/**
 * Returns the digests that a manifest lists, by file name.
 *
 * @returns undefined if the manifest is not the simulator's
 */
function readManifest(
  manifest: Buffer | undefined,
  isOwnName: FolderOptions['isOwnName'],
): Map<string, readonly string[]> | undefined {
  if (manifest === undefined) return new Map()
  try {
    const { files } = JSON.parse(manifest.toString())
    if (typeof files !== 'object' || files === null || Array.isArray(files)) return undefined
    // Another program may have written the manifest, so no name may lead elsewhere, or to a file that is not the simulator's.
    const own = Object.entries(files).filter(([name]) => isOwnName(name))
    return new Map(own.map(([name, digests]) => [name, [digests].flat().filter(digest => typeof digest === 'string')]))
  } catch {
    return undefined
  }
}

const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
