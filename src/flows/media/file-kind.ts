import { type Bytes, fromUtf8 } from '../../core/bytes.ts'

/** A kind of file that is documented for an upload anywhere, by the ending that names it. */
export type FileKind =
  | ('jpg' | 'png' | 'bmp')
  | ('avi' | 'wmv' | 'mpeg' | 'mp4' | 'mov' | 'mkv' | 'flv' | 'f4v' | 'm4v' | 'rmvb')
  | ('pdf' | 'ofd' | 'csv' | 'txt')

interface Kind {
  /** Content type (MIME). */
  readonly type: string
  /** Whether the content is such a file, as far as its first bytes tell. */
  readonly is: (bytes: Bytes) => boolean
}

/** Magic bytes, as text of Latin-1. */
const begins =
  (...starts: string[]) =>
  (bytes: Bytes): boolean =>
    starts.some(start => has(bytes, 0, start))
const has = (bytes: Bytes, at: number, text: string): boolean => latin1(bytes.subarray(at, at + text.length)) === text
const latin1 = (bytes: Bytes): string => String.fromCharCode(...bytes)

const isIsoMedia = (bytes: Bytes): boolean => has(bytes, 4, 'ftyp')
/** QuickTime is older than `ftyp`. */
const isQuickTime = (bytes: Bytes): boolean =>
  ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].some(atom => has(bytes, 4, atom))

const KINDS: Readonly<Record<FileKind, Kind>> = {
  jpg: { type: 'image/jpeg', is: begins('\xff\xd8\xff') },
  png: { type: 'image/png', is: begins('\x89PNG\r\n\x1a\n') },
  bmp: { type: 'image/bmp', is: begins('BM') },
  avi: { type: 'video/x-msvideo', is: bytes => has(bytes, 0, 'RIFF') && has(bytes, 8, 'AVI ') },
  wmv: { type: 'video/x-ms-wmv', is: begins('\x30\x26\xb2\x75\x8e\x66\xcf\x11') },
  mpeg: { type: 'video/mpeg', is: begins('\x00\x00\x01\xba', '\x00\x00\x01\xb3') },
  mp4: { type: 'video/mp4', is: isIsoMedia },
  m4v: { type: 'video/x-m4v', is: isIsoMedia },
  f4v: { type: 'video/x-f4v', is: isIsoMedia },
  mov: { type: 'video/quicktime', is: isQuickTime },
  mkv: { type: 'video/x-matroska', is: begins('\x1a\x45\xdf\xa3') },
  flv: { type: 'video/x-flv', is: begins('FLV') },
  rmvb: { type: 'application/vnd.rn-realmedia-vbr', is: begins('.RMF') },
  // What stands before it is to be overlooked (ISO 32000-1, appendix H).
  pdf: { type: 'application/pdf', is: bytes => latin1(bytes.subarray(0, 1024)).includes('%PDF-') },
  // A ZIP.
  ofd: { type: 'application/ofd', is: begins('PK\x03\x04') },
  csv: { type: 'text/csv', is: isText },
  txt: { type: 'text/plain', is: isText },
}
const ALIASES: Readonly<Record<string, FileKind>> = { jpeg: 'jpg' }
const ALL = Object.keys(KINDS) as FileKind[]

export const mimeOf = (kind: FileKind): string => KINDS[kind].type

/** The kind that the ending of a file's name tells; undefined when it is none of those. */
export function kindByName(filename: string): FileKind | undefined {
  const ending = /\.([^./\\]+)$/.exec(filename)?.[1]?.toLowerCase()
  return ALL.find(kind => kind === ending) ?? new Map(Object.entries(ALIASES)).get(ending ?? '')
}

export const isKind = (kind: FileKind, bytes: Bytes): boolean => KINDS[kind].is(bytes)

/** The kind that the content tells; of several, the first. */
export const kindByContent = (bytes: Bytes, of: readonly FileKind[] = ALL): FileKind | undefined =>
  of.find(kind => isKind(kind, bytes))

/** UTF-8, as the lists of numbers are that are uploaded for banks. */
function isText(bytes: Bytes): boolean {
  try {
    return !bytes.includes(0) && fromUtf8(bytes) !== ''
  } catch {
    return false
  }
}
