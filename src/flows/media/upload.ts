import type { Bytes } from '../../core/bytes.ts'
import type { Paths } from '../../core/endpoints/generated/types.ts'
import { CallError, type Wechatpay } from '../../core/index.ts'
import { readBounded } from '../../core/read-bounded.ts'
import { type FileKind, isKind, kindOfContent, kindOfName, mimeOf } from './file-kind.ts'
import { createSm3 } from './sm3.ts'
import { UPLOAD_RULES, type UploadPath } from './upload-rules.ts'

/** A file, from wherever it comes. A stream is read to its end before anything is sent: the signature covers its hash. */
export type Uploadable = Blob | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array>

type Post<Path extends UploadPath> = Paths[Path] extends { post: infer Call extends (...args: never[]) => unknown }
  ? Call
  : never
type Body<Path extends UploadPath> = Parameters<Post<Path>>[0]
/** What is made: the file's name, its type and its hash. */
type GeneratedMember =
  | ('filename' | 'file_name' | 'sha256' | 'file_digest' | 'digest')
  | ('digest_alogrithm' | 'digest_algorithm' | 'file_type' | 'media' | 'media_hash')
type Meta<Path extends UploadPath> =
  Body<Path> extends { meta?: infer Members }
    ? Omit<NonNullable<Members>, GeneratedMember>
    : Omit<Body<Path>, GeneratedMember>

/** What a call takes, and about the file. */
export type UploadOptions<Path extends UploadPath> = NonNullable<Parameters<Post<Path>>[1]> & {
  /** The file's name, where it is no `File`, or is to have another. Default: `file.`, and what its first bytes tell. */
  filename?: string
  /** Limits in place of the documented ones: those that WeChat Pay names with an item (`check_rule`). */
  limits?: UploadLimits
} & (Record<never, never> extends Meta<Path>
    ? {
        /** The members of `meta` that are not made from the file; in APIv2 the other fields. */
        meta?: Meta<Path>
      }
    : {
        /** The members of `meta` that are not made from the file; in APIv2 the other fields. */
        meta: Meta<Path>
      })

export interface UploadLimits {
  /** Bytes. */
  maxBytes?: number | undefined
  kinds?: readonly FileKind[] | undefined
}

interface AnyOptions {
  filename?: string
  limits?: UploadLimits
  meta?: object
  [other: string]: unknown
}

/**
 * Uploads a file (图片上传, 视频上传, 上传文件) to any endpoint that takes one. Its size, the ending of its name and its first
 * bytes are held against what the endpoint's page says before anything is sent; its hash is made, SM3 for invoices.
 *
 * @param path of the endpoint, with its API
 * @param file a stream is read no further than the size that is taken
 * @param options where an answer is lost, most uploads may be sent again without harm: `retry: { repeatable: true }`
 * @returns the reply; what names the file stands in its data: `media_id`, `media_url`, `file_id`, …
 * @throws {CallError} `BODY_INVALID`: empty, too large, of a kind that is not taken, or not what its name says
 * @throws whatever a call throws
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012760432
 * @example
 * ```ts
 * const { data } = await upload(wxpay, 'v3/merchant/media/upload', new File([png], 'licence.png'))
 * console.log(data.media_id)
 * await upload(wxpay, 'v3/taxi-invoice/cards/upload-file', request.body, {
 *   filename: 'invoice.pdf',
 *   meta: { company_mchid: '1900000109', region_id: 310100 },
 * })
 * ```
 */
export async function upload<Path extends UploadPath>(
  wxpay: Wechatpay,
  path: Path,
  file: Uploadable,
  ...[options]: Record<never, never> extends UploadOptions<Path>
    ? [options?: UploadOptions<Path>]
    : [options: UploadOptions<Path>]
): Promise<Awaited<ReturnType<Post<Path>>>> {
  const { filename, limits, meta, ...call } = (options ?? {}) as AnyOptions
  const { field = 'file', digest, maxNameLength, maxBytes, kinds } = UPLOAD_RULES[path]
  const rule = { maxNameLength, maxBytes: limits?.maxBytes ?? maxBytes, kinds: limits?.kinds ?? kinds }
  const target = { path, field }
  const name = filename ?? (file instanceof File ? file.name : undefined)
  if (name !== undefined) checkName(name, rule, target)
  const sm3 = digest && createSm3()
  const bytes = await readFile(file, rule.maxBytes, target, sm3?.update)
  const kind = kindOf(bytes, name, rule, target)

  const type = (file instanceof Blob && file.type) || (kind ? mimeOf(kind) : '')
  const members = { ...(digest && kind && digest(sm3!.digest(), kind)), ...meta }
  const body = {
    [field]: new File([bytes], name ?? `file.${kind}`, { type }),
    ...(path.startsWith('v2/') ? members : { meta: members }),
  }
  return (await wxpay.chain(path as string).post(body, call)) as Awaited<ReturnType<Post<Path>>>
}

interface Rule extends UploadLimits {
  maxNameLength: number | undefined
}

/** What an error names. */
interface UploadTarget {
  path: string
  field: string
}

/** The name is judged before anything is read. */
function checkName(name: string, { kinds, maxNameLength }: Rule, { path, field }: UploadTarget): void {
  const { length } = [...name]
  if (maxNameLength !== undefined && length > maxNameLength)
    throw invalidFile(field, `its name has ${length} characters; ${path} takes ${maxNameLength}`)
  const kind = kindOfName(name)
  if (kinds && !(kind && kinds.includes(kind)))
    throw invalidFile(field, `"${name}" is no ${list(kinds)}, which ${path} takes`)
}

async function readFile(
  file: Uploadable,
  maxBytes: number,
  { path, field }: UploadTarget,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<Bytes> {
  const tooLarge = (size: string) => invalidFile(field, `${size} bytes; ${path} takes at most ${maxBytes}`)
  const size = file instanceof Blob ? file.size : file instanceof ReadableStream ? undefined : file.byteLength
  if (size !== undefined && size > maxBytes) throw tooLarge(String(size))
  const stream = file instanceof ReadableStream ? file : file instanceof Blob ? file.stream() : undefined
  const bytes = stream ? await readBounded(stream, maxBytes, onChunk) : new Uint8Array(file as ArrayBuffer | Bytes)
  if (!bytes) throw tooLarge(`more than ${maxBytes}`)
  if (!stream) onChunk?.(bytes)
  if (bytes.length === 0) throw invalidFile(field, 'empty')
  return bytes
}

/** What its first bytes tell has to be what its name says; where it has no name, they tell. */
function kindOf(bytes: Bytes, name: string | undefined, { kinds }: Rule, { path, field }: UploadTarget) {
  const content = kindOfContent(bytes)
  const begins = content ? `begins like ${content}` : 'begins like none of the kinds that are known'
  const kind = name === undefined ? kindOfContent(bytes, kinds) : kindOfName(name)
  if (name === undefined && !kind)
    throw invalidFile(field, kinds ? `it ${begins}; ${path} takes ${list(kinds)}` : 'it has no name: give "filename"')
  if (kind && !isKind(kind, bytes)) throw invalidFile(field, `"${name}" ${begins}, not like ${kind}`)
  return kind
}

const list = (kinds: readonly FileKind[]): string => kinds.join(', ').replace(/, (\w+)$/, ' or $1')

const invalidFile = (field: string, why: string) => new CallError('BODY_INVALID', field, why)
