import type { FileKind } from '../../../src/flows/media/index.ts'

const MEGABYTE = 1024 * 1024
export const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, letter => letter.charCodeAt(0))

/** The first bytes of real files. */
const STARTS: Readonly<Record<FileKind, string>> = {
  jpg: '\xff\xd8\xff\xe0\0\x10JFIF\0',
  png: '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
  bmp: 'BM\x36\0\x0c\0\0\0\0\0',
  avi: 'RIFF\x24\xe4\x07\0AVI LIST',
  wmv: '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c',
  mpeg: '\0\0\x01\xba\x44\0\x04\0',
  mp4: '\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41',
  m4v: '\0\0\0\x1cftypM4V \0\0\0\x01M4V M4A mp42isom',
  f4v: '\0\0\0\x18ftypf4v \0\0\0\0isommp42',
  mov: '\0\0\0\x14ftypqt  \x20\x05\x03\0qt  ',
  mkv: '\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01',
  flv: 'FLV\x01\x05\0\0\0\x09',
  rmvb: '.RMF\0\0\0\x12\0\x01',
  pdf: '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n',
  ofd: 'PK\x03\x04\x14\0\0\x08\x08\0OFD.xml',
  csv: 'a1,b2\n',
  txt: 'a1\n',
}

/** A file of that kind, that long. */
export function sample(kind: FileKind, length = 64): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  if (kind === 'csv' || kind === 'txt') bytes.fill('a'.charCodeAt(0))
  bytes.set(latin1(STARTS[kind]).subarray(0, length))
  return bytes
}

export const IMAGES = ['jpg', 'bmp', 'png'] as const
export const FILMS = ['avi', 'wmv', 'mpeg', 'mp4', 'mov', 'mkv', 'flv', 'f4v', 'm4v', 'rmvb'] as const
export const KINDS = Object.keys(STARTS) as FileKind[]
export { MEGABYTE }
