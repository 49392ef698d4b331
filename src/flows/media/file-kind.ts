import { type Bytes, fromUtf8 } from '../../core/base/bytes.ts'

/** File types that any upload documents, named by extension. */
export type FileKind =
  | ('jpg' | 'png' | 'bmp')
  | ('avi' | 'wmv' | 'mpeg' | 'mp4' | 'mov' | 'mkv' | 'flv' | 'f4v' | 'm4v' | 'rmvb')
  | ('pdf' | 'ofd' | 'csv' | 'txt')

interface Kind {
  /** Content type (MIME). */
  readonly type: string
  /** Checks the first bytes of a file. */
  readonly matches: (bytes: Bytes) => boolean
}

/** Creates a check for magic numbers, given as Latin-1 text. */
const startsWith =
  (...starts: string[]) =>
  (bytes: Bytes): boolean =>
    starts.some(start => hasText(bytes, 0, start))
const hasText = (bytes: Bytes, at: number, text: string): boolean =>
  latin1(bytes.subarray(at, at + text.length)) === text
const latin1 = (bytes: Bytes): string => String.fromCharCode(...bytes)

const isIsoMedia = (bytes: Bytes): boolean => hasText(bytes, 4, 'ftyp')
/** Returns whether a file is QuickTime, whose older files have no `ftyp` atom. */
const isQuickTime = (bytes: Bytes): boolean =>
  ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].some(atom => hasText(bytes, 4, atom))

const KINDS: Readonly<Record<FileKind, Kind>> = {
  jpg: { type: 'image/jpeg', matches: startsWith('\xff\xd8\xff') },
  png: { type: 'image/png', matches: startsWith('\x89PNG\r\n\x1a\n') },
  bmp: { type: 'image/bmp', matches: startsWith('BM') },
  avi: { type: 'video/x-msvideo', matches: bytes => hasText(bytes, 0, 'RIFF') && hasText(bytes, 8, 'AVI ') },
  wmv: { type: 'video/x-ms-wmv', matches: startsWith('\x30\x26\xb2\x75\x8e\x66\xcf\x11') },
  mpeg: { type: 'video/mpeg', matches: startsWith('\x00\x00\x01\xba', '\x00\x00\x01\xb3') },
  mp4: { type: 'video/mp4', matches: isIsoMedia },
  m4v: { type: 'video/x-m4v', matches: isIsoMedia },
  f4v: { type: 'video/x-f4v', matches: isIsoMedia },
  mov: { type: 'video/quicktime', matches: isQuickTime },
  mkv: { type: 'video/x-matroska', matches: startsWith('\x1a\x45\xdf\xa3') },
  flv: { type: 'video/x-flv', matches: startsWith('FLV') },
  rmvb: { type: 'application/vnd.rn-realmedia-vbr', matches: startsWith('.RMF') },
  // Readers must ignore up to 1024 bytes before the header (ISO 32000-1, appendix H).
  pdf: { type: 'application/pdf', matches: bytes => latin1(bytes.subarray(0, 1024)).includes('%PDF-') },
  // A ZIP archive.
  ofd: { type: 'application/ofd', matches: startsWith('PK\x03\x04') },
  csv: { type: 'text/csv', matches: isText },
  txt: { type: 'text/plain', matches: isText },
}
const ALIASES: Readonly<Record<string, FileKind>> = { jpeg: 'jpg' }
/** All file types. */
export const FILE_KINDS = Object.keys(KINDS) as FileKind[]

export const mimeOf = (kind: FileKind): string => KINDS[kind].type

/** Returns the type that a file name's extension stands for; undefined if unknown. */
export function kindOfName(filename: string): FileKind | undefined {
  const ending = /\.([^./\\]+)$/.exec(filename)?.[1]?.toLowerCase()
  return FILE_KINDS.find(kind => kind === ending) ?? new Map(Object.entries(ALIASES)).get(ending ?? '')
}

export const isKind = (kind: FileKind, bytes: Bytes): boolean => KINDS[kind].matches(bytes)

/** Returns the first type that the content matches. */
export const kindOfContent = (bytes: Bytes, candidates: readonly FileKind[] = FILE_KINDS): FileKind | undefined =>
  candidates.find(kind => isKind(kind, bytes))

/** Returns whether a file is UTF-8 text, the encoding of number lists for banks. */
function isText(bytes: Bytes): boolean {
  try {
    return !bytes.includes(0) && fromUtf8(bytes) !== ''
  } catch {
    return false
  }
}
