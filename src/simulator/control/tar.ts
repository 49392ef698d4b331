import { type Bytes, concat, fromUtf8, utf8 } from '../../core/base/bytes.ts'

const BLOCK = 512

/**
 * Writes files as a tar archive (POSIX ustar), which every system can unpack: `curl … | tar x`. Only the owner may read them. The time
 * of all is 1970, so that the same files give the same archive.
 *
 * @param folder name of the folder in the archive
 * @param files texts or bytes by name; a name and the folder's have fewer than 100 characters together
 */
export function writeTar(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Bytes {
  const entries = Object.entries(files).flatMap(([name, content]) => {
    const bytes = typeof content === 'string' ? utf8(content) : content
    return [header(`${folder}/${name}`, bytes.length), bytes, new Uint8Array(-bytes.length & (BLOCK - 1))]
  })
  return concat(...entries, new Uint8Array(2 * BLOCK))
}

/**
 * Reads the files of an archive that {@link writeTar} has written.
 *
 * @returns their bytes by name, without the folder
 * @throws {RangeError} it is none, or incomplete
 */
export function readTar(archive: Bytes): Map<string, Bytes> {
  const files = new Map<string, Bytes>()
  const field = (offset: number, length: number): string =>
    fromUtf8(archive.subarray(offset, offset + length)).replace(/\0.*$/s, '')
  let at = 0
  while (archive[at] !== 0) {
    const [name, size] = [field(at, 100), Number.parseInt(field(at + 124, 12), 8)]
    const begin = at + BLOCK
    if (!(field(at + 257, 6) === 'ustar' && begin + size <= archive.length))
      throw new RangeError(`the tar archive is damaged at byte ${at}`)
    files.set(name.slice(name.lastIndexOf('/') + 1), archive.subarray(begin, begin + size))
    at = begin + size + (-size & (BLOCK - 1))
  }
  return files
}

/** Fields of a header with their offset and their length, the final NUL included. */
function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const put = (text: string, offset: number): void => block.set(utf8(text), offset)
  const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0')
  put(name, 0)
  put(octal(0o600, 8), 100)
  put(octal(0, 8), 108)
  put(octal(0, 8), 116)
  put(octal(size, 12), 124)
  put(octal(0, 12), 136)
  // The checksum is computed with spaces in its own place.
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\u000000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(`${octal(sum, 7)}\0 `, 148)
  return block
}
