import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { buffer } from 'node:stream/consumers'
import { CommandError } from './command.ts'

/**
 * Reads a file.
 *
 * @returns undefined when there is none
 * @throws {CommandError} it cannot be read
 */
export const readIfThere = (file: string): Promise<Buffer | undefined> =>
  readFile(file).catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw failed('read', file, error)
  })

/**
 * Writes a file whole or not at all, for this user's eyes alone.
 *
 * @throws {CommandError} it cannot be written
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  try {
    await writeFile(draft, content, { mode: 0o600 })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw failed('write', file, error as NodeJS.ErrnoException)
  }
}

/** @throws {CommandError} it cannot be removed */
export const removeFile = (file: string): Promise<void> =>
  rm(file, { force: true }).catch(error => {
    throw failed('remove', file, error)
  })

/**
 * Makes a folder that only this user may enter, if there is none.
 *
 * @throws {CommandError} it cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(error => {
    throw failed('make the folder', path, error)
  })
}

const CURES: Readonly<Record<string, string>> = {
  EACCES: 'you may not. Choose another place, or change its permissions',
  EPERM: 'you may not. Choose another place, or change its permissions',
  EROFS: 'the disk takes no writing. Choose another place',
  EEXIST: 'something of that name is no folder. Choose another place',
  ENOTDIR: 'something on the way there is no folder. Choose another place',
  ENOENT: 'the folder it is to be in does not exist. Make it, or choose another place',
  EISDIR: 'it is a folder. Give a file',
  ENOSPC: 'the disk is full',
}

const failed = (what: string, path: string, { code, message }: NodeJS.ErrnoException): CommandError =>
  new CommandError(`Cannot ${what} ${path}: ${CURES[code ?? ''] ?? message}.`)

/**
 * Reads a file that has to be there; `-` is what is piped in.
 *
 * @throws {CommandError} there is none, or it cannot be read
 */
export async function readFileOrFail(file: string): Promise<Buffer> {
  const content = file === '-' ? await buffer(process.stdin) : await readIfThere(file)
  if (content) return content
  throw new CommandError(`There is no file ${file} here (${process.cwd()}). Correct the path.`)
}
