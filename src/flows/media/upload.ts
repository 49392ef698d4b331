import type { Bytes } from '../../core/base/bytes.ts'
import { readBounded } from '../../core/base/read-bounded.ts'
import { CallError, type Wechatpay } from '../../core/index.ts'
import type { Paths } from '../../definitions/generated/types.ts'
import { type UploadPath, uploadRules } from '../generated/upload-rules.ts'
import { type FileKind, isKind, kindOfContent, kindOfName, mimeOf } from './file-kind.ts'
import { sm3 } from './sm3.ts'
import type { UploadRule } from './upload-rule.ts'

/** A file in any form. A stream is read to its end before anything is sent, because the signature covers its hash. */
export type Uploadable = Blob | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array>

type Post<Path extends UploadPath> = Paths[Path] extends { post: infer Call extends (...args: never[]) => unknown }
  ? Call
  : never
type Body<Path extends UploadPath> = Parameters<Post<Path>>[0]
/** Members of `meta` that are generated: the file's name, type and hash. */
type GeneratedMember =
  | ('filename' | 'file_name' | 'sha256' | 'file_digest' | 'digest')
  | ('digest_alogrithm' | 'digest_algorithm' | 'file_type' | 'media' | 'media_hash')
type Meta<Path extends UploadPath> =
  Body<Path> extends { meta?: infer Members }
    ? Omit<NonNullable<Members>, GeneratedMember>
    : Omit<Body<Path>, GeneratedMember>

/** Options of the call and of the file. */
export type UploadOptions<Path extends UploadPath> = NonNullable<Parameters<Post<Path>>[1]> & {
  /**
   * The file name, if `file` is not a `File` or should be sent under another name. Default: `file.` with the detected
   * type
   */
  filename?: string
  /**
   * Limits that replace the documented ones, such as those that WeChat Pay names with a request for a file
   * (`check_rule`).
   */
  limits?: UploadLimits
} & (Record<never, never> extends Meta<Path>
    ? {
        /** The members of `meta` that are not generated; for APIv2 the other fields. */
        meta?: Meta<Path>
      }
    : {
        /** The members of `meta` that are not generated; for APIv2 the other fields. */
        meta: Meta<Path>
      })

/** Limits of a file. */
export interface UploadLimits {
  /** Maximum size in bytes. */
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
 * Uploads a file (图片上传, 视频上传, 上传文件) to an endpoint. Checks its size, the extension of its name and its first bytes
 * against the endpoint's official page before sending, and computes its hash, SM3 for invoices.
 *
 * @param wxpay the client
 * @param path the path of the endpoint, with its API version
 * @param file the content; a stream is read up to the maximum size
 * @param options `filename`, `limits`, `meta`, and options of the call. Most uploads can safely be repeated when the
 * response is lost: `retry: { repeatable: true }`
 * @returns the reply, whose data identifies the file: `media_id`, `media_url`, `file_id`, …
 * @throws {CallError} `BODY_INVALID`: the file is empty, too large, of a type that the endpoint does not accept, or its
 * content does not match its name
 * @throws {TransportError | ServiceError | SignatureError} the call failed
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
  const documented: UploadRule = uploadRules[path]
  const { part: field = 'file', maxNameLength, maxBytes = UNDOCUMENTED_MAX_BYTES, kinds } = documented
  const rule = { maxNameLength, maxBytes: limits?.maxBytes ?? maxBytes, kinds: limits?.kinds ?? kinds }
  const target = { path, field }
  const name = filename ?? (file instanceof File ? file.name : undefined)
  if (name !== undefined) checkName(name, rule, target)
  const bytes = await readFile(file, rule.maxBytes, target)
  const kind = kindOf(bytes, name, rule, target)

  const type = (file instanceof Blob && file.type) || (kind ? mimeOf(kind) : '')
  const members = { ...describeFile(bytes, kind, documented), ...meta }
  const body = {
    [field]: new File([bytes], name ?? `file.${kind}`, { type }),
    ...(path.startsWith('v2/') ? members : { meta: members }),
  }
  return (await wxpay.chain(path as string).post(body, call)) as Awaited<ReturnType<Post<Path>>>
}

/** Bound for endpoints whose page gives no maximum, since files are read into memory. */
const UNDOCUMENTED_MAX_BYTES = 20 * 1024 * 1024

/** Returns the members of `meta` that the client itself does not add: the file's type and SM3. */
const describeFile = (bytes: Bytes, kind: FileKind | undefined, { hasType, sm3: algorithm }: UploadRule): object => ({
  ...(hasType && kind && { file_type: kind.toUpperCase() }),
  ...(algorithm && { ...algorithm, digest: sm3(bytes) }),
})

interface Rule extends UploadLimits {
  maxNameLength: number | undefined
}

/** The parts of an upload that errors name. */
interface UploadTarget {
  path: string
  field: string
}

/** Checks the name before the file is read. */
function checkName(name: string, { kinds, maxNameLength }: Rule, { path, field }: UploadTarget): void {
  const { length } = [...name]
  if (maxNameLength !== undefined && length > maxNameLength)
    throw invalidFile(field, `its name has ${length} characters; ${path} accepts ${maxNameLength}`)
  const kind = kindOfName(name)
  if (kinds && !(kind && kinds.includes(kind)))
    throw invalidFile(field, `"${name}" has the wrong type; ${path} accepts ${list(kinds)}`)
}

async function readFile(file: Uploadable, maxBytes: number, { path, field }: UploadTarget): Promise<Bytes> {
  const tooLarge = (size: string) => invalidFile(field, `${size} bytes; ${path} accepts at most ${maxBytes}`)
  const size = file instanceof Blob ? file.size : file instanceof ReadableStream ? undefined : file.byteLength
  if (size !== undefined && size > maxBytes) throw tooLarge(String(size))
  const stream = file instanceof ReadableStream ? file : file instanceof Blob ? file.stream() : undefined
  const bytes = stream ? await readBounded(stream, maxBytes) : new Uint8Array(file as ArrayBuffer | Bytes)
  if (!bytes) throw tooLarge(`more than ${maxBytes}`)
  if (bytes.length === 0) throw invalidFile(field, 'empty')
  return bytes
}

/**
 * Determines the type from the name and checks the content against it; without a name, determines it from the content.
 */
function kindOf(bytes: Bytes, name: string | undefined, { kinds }: Rule, { path, field }: UploadTarget) {
  const content = kindOfContent(bytes)
  const begins = content ? `begins like ${content}` : 'does not begin like any known type'
  const kind = name === undefined ? kindOfContent(bytes, kinds) : kindOfName(name)
  if (name === undefined && !kind)
    throw invalidFile(field, kinds ? `it ${begins}; ${path} accepts ${list(kinds)}` : 'it has no name. Give "filename"')
  if (kind && !isKind(kind, bytes))
    throw invalidFile(
      field,
      content ? `"${name}" ${begins}, not like ${kind}` : `"${name}" does not begin like ${kind}`,
    )
  return kind
}

const list = (kinds: readonly FileKind[]): string => kinds.join(', ').replace(/, (\w+)$/, ' or $1')

const invalidFile = (field: string, why: string) => new CallError('BODY_INVALID', field, why)
