import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { CommandError } from './command.ts'

/**
 * Reads a file.
 *
 * @returns undefined if the file does not exist
 * @throws {CommandError} it cannot be read
 */
export const readFileIfExists = (file: string): Promise<Buffer | undefined> =>
  readFile(file).catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw fileError('read', file, error)
  })

/**
 * Writes a file atomically, readable only by this user.
 *
 * @throws {CommandError} it cannot be written
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  // A name that nobody can guess, and no file that exists: a link there would lead the keys elsewhere.
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw fileError('write', file, error as NodeJS.ErrnoException)
  }
}

/** @throws {CommandError} it cannot be removed */
export const removeFile = (file: string): Promise<void> =>
  rm(file, { force: true }).catch(error => {
    throw fileError('remove', file, error)
  })

/**
 * Creates a folder that only this user may access, unless it exists.
 *
 * @throws {CommandError} it cannot be created
 */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(error => {
    throw fileError('create the folder', path, error)
  })
}

const FIXES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied. Choose another path, or change its permissions',
  EPERM: 'permission denied. Choose another path, or change its permissions',
  EROFS: 'the disk is read-only. Choose another path',
  EEXIST: 'something that is not a folder has this name. Choose another path',
  ENOTDIR: 'a part of the path is not a folder. Choose another path',
  ENOENT: 'its folder does not exist. Create it, or choose another place',
  EISDIR: 'it is a folder. Give a file',
  ENOSPC: 'the disk is full',
}

const fileError = (what: string, path: string, { code, message }: NodeJS.ErrnoException): CommandError =>
  new CommandError(`Cannot ${what} ${path}: ${FIXES[code ?? ''] ?? message}.`)

/**
 * Reads a file that must exist; `-` is the standard input.
 *
 * @throws {CommandError} it does not exist, or cannot be read
 */
export async function readRequiredFile(file: string): Promise<Buffer> {
  const content = file === '-' ? await buffer(process.stdin) : await readFileIfExists(file)
  if (content) return content
  throw new CommandError(`The file ${file} does not exist in ${process.cwd()}. Correct the path.`)
}
