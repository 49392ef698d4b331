import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { DRAFT, replaceAtomically } from '../adapters/replace-atomically.ts'
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
export const replaceFile = (file: string, content: string | Uint8Array): Promise<void> =>
  replaceAtomically(file, draft => writeFile(draft, content, DRAFT)).catch(error => {
    throw fileError('write', file, error)
  })

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

/** Describes an error of the file system, and how to fix it. */
export const fileError = (what: string, path: string, { code, message }: NodeJS.ErrnoException): CommandError =>
  new CommandError(`Cannot ${what} ${path}: ${FIXES[code ?? ''] ?? message}.`)

/**
 * Reads a file that must exist; `-` is the standard input.
 *
 * @throws {CommandError} it does not exist, or cannot be read
 */
export async function readRequiredFile(file: string): Promise<Buffer> {
  const content = file === '-' ? await buffer(process.stdin) : await readFileIfExists(file)
  if (content) return content
  throw missingFile(file)
}

/**
 * Reads a file that must exist, and no more of it than a bound: a file may be large by mistake, or without an end as `/dev/zero` is. `-` is
 * the standard input.
 *
 * @returns undefined if the file has more bytes than the bound
 * @throws {CommandError} it does not exist, or cannot be read
 */
export async function readBoundedFile(file: string, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    if (file !== '-' && (await stat(file)).size > maxBytes) return undefined
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      length += chunk.length
      if (length > maxBytes) return undefined
      chunks.push(chunk)
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? missingFile(file)
      : fileError('read', file, error as NodeJS.ErrnoException)
  }
  return Buffer.concat(chunks)
}

const missingFile = (file: string): CommandError =>
  new CommandError(`The file ${file} does not exist in ${process.cwd()}. Correct the path.`)
