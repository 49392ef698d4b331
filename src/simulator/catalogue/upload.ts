import type { Bytes } from '../../core/base/bytes.ts'

/** The file of an upload, with the limits that the official page states. */
export interface Upload {
  /** Name of the form part. */
  readonly part: string
  readonly maxBytes?: number
  /** Accepted types, as their extensions. */
  readonly kinds?: readonly string[]
}

/** Why a file is refused. */
export interface FileProblem {
  /** In the service's words. */
  readonly message: string
  /** In English. */
  readonly issue: string
}

/** Images and documents, whose first bytes the service checks. */
const SIGNATURES: Readonly<Record<string, (content: Bytes) => boolean>> = {
  jpg: content => hasBytes(content, [0xff, 0xd8, 0xff]),
  png: content => hasBytes(content, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  bmp: content => hasBytes(content, [0x42, 0x4d]),
  // Readers of PDF ignore up to 1024 bytes before its header.
  pdf: content => content.subarray(0, 1024).some((_, at) => hasBytes(content, [0x25, 0x50, 0x44, 0x46, 0x2d], at)),
  // A ZIP archive.
  ofd: content => hasBytes(content, [0x50, 0x4b, 0x03, 0x04]),
}
const IMAGES: readonly string[] = ['jpg', 'png', 'bmp']
/** Text has no signature, and no page requires an extension of its name. */
const TEXTS: readonly string[] = ['txt', 'csv']

const KILOBYTE = 1024
const MEGABYTE = 1024 * KILOBYTE

/** Returns the pattern of the names that an upload accepts; undefined if it accepts any. */
export function namePattern({ kinds }: Upload): RegExp | undefined {
  if (!kinds || kinds.some(kind => TEXTS.includes(kind))) return undefined
  const extensions = kinds.flatMap(kind => (kind === 'jpg' ? ['jpg', 'jpeg'] : [kind]))
  return new RegExp(`\\.(${extensions.join('|')})$`, 'i')
}

/** Checks a file against the limits of its upload. */
export function fileProblemOf(content: Bytes, { maxBytes, kinds = [] }: Upload): FileProblem | undefined {
  if (content.length === 0) return { message: '文件为空，请检查后重新提交', issue: 'empty' }
  if (maxBytes !== undefined && content.length > maxBytes) {
    const [size, issue] =
      maxBytes < MEGABYTE
        ? [`${maxBytes / KILOBYTE}KB`, `larger than ${maxBytes / KILOBYTE} KB`]
        : [`${maxBytes / MEGABYTE}M`, `larger than ${maxBytes / MEGABYTE} MB`]
    return { message: `文件大小不能超过${size}，请检查后重新提交`, issue }
  }
  if (kinds.length === 0 || kinds.some(kind => SIGNATURES[kind]?.(content) ?? true)) return undefined
  const name = kinds.every(kind => IMAGES.includes(kind)) ? '图片' : kinds.map(kind => kind.toUpperCase()).join('、')
  return {
    message: `文件二进制内容不是${name}，请检查后重新提交`,
    issue: 'its first bytes are those of no accepted format',
  }
}

const hasBytes = (content: Bytes, bytes: readonly number[], from = 0): boolean =>
  bytes.every((byte, at) => content[from + at] === byte)
