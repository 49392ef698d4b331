import { CallError, type CallOptions, type Reply, type Wechatpay } from '../../core/index.ts'
import type { AnyEndpoint } from '../../definitions/call.ts'
import type { Paths } from '../../definitions/generated/types.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import type { DownloadPath } from '../generated/download-paths.ts'

type Get<Path extends DownloadPath> = Paths[Path] extends { get: infer Call extends (...args: never[]) => unknown }
  ? Call
  : never
type Options<Path> = Path extends DownloadPath ? NonNullable<Parameters<Get<Path>>[0]> : CallOptions

/** A file from WeChat Pay. */
export interface Download {
  /** The bytes, unread. They are not signed. */
  stream: ReadableStream<Uint8Array>
  /** Content type (MIME). */
  type: string
  /** The file name, if the response has one. */
  filename: string | undefined
}

/**
 * Downloads a file: a complaint image (投诉图片), an invoice (发票), a receipt (电子回单).
 *
 * @param wxpay the client
 * @param from the path of an endpoint, with its API version; or the URL in a response (`media_url`, `download_url`), of
 * which only path and query are used
 * @param options path and query parameters, and options of the call
 * @returns the file, of which nothing has been read yet
 * @throws {CallError} `PATH_PARAMETER_INVALID`: `from` is not the path or URL of a file
 * @throws {TransportError | ServiceError | SignatureError} the call failed
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467251
 * @example
 * ```ts
 * const { stream, type } = await download(wxpay, 'v3/merchant-service/images/{media_id}', { media_id })
 * return new Response(stream, { headers: { 'content-type': type } })
 * ```
 */
export async function download<From extends DownloadPath | `https://${string}`>(
  wxpay: Wechatpay,
  from: From,
  ...[options]: Record<never, never> extends Options<From> ? [options?: Options<From>] : [options: Options<From>]
): Promise<Download> {
  const reply = from.includes('://')
    ? await downloadByUrl(wxpay, from, options)
    : await wxpay.chain(from as string).get(options as Parameters<AnyEndpoint['get']>[0])
  const { data, headers } = reply
  return {
    stream: data as ReadableStream<Uint8Array>,
    type: headers.get('content-type') ?? 'application/octet-stream',
    filename: filenameOf(headers.get('content-disposition') ?? ''),
  }
}

async function downloadByUrl(
  wxpay: Wechatpay,
  from: string,
  options: CallOptions | undefined,
): Promise<Reply<unknown>> {
  const url = URL.canParse(from) ? new URL(from) : undefined
  if (!url || traitOf('GET', url.pathname).response !== 'file')
    throw new CallError('PATH_PARAMETER_INVALID', 'from', `${url?.pathname ?? from} is not the path of a file`)
  return wxpay.request('GET', url.pathname.slice(1), { ...options, params: Object.fromEntries(url.searchParams) })
}

/** Reads the file name; `filename*` has precedence over `filename` (RFC 6266). */
function filenameOf(disposition: string): string | undefined {
  const [, extended] = /filename\*=(?:UTF-8|utf-8)'[^']*'([^;\s]+)/.exec(disposition) ?? []
  const [, quoted, bare] = /filename="((?:[^"\\]|\\.)*)"|filename=([^;\s]+)/.exec(disposition) ?? []
  try {
    if (extended) return decodeURIComponent(extended)
  } catch {
    // Malformed: falls back to `filename`.
  }
  return quoted?.replace(/\\(.)/g, '$1') ?? bare
}
