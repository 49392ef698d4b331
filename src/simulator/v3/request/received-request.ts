import type { Bytes } from '../../../core/base/bytes.ts'
import type { RequestTrace } from '../../http/journal.ts'
import { boundaryOf, MAX_PARTS, parseMultipart, type ReceivedPart } from '../../http/multipart.ts'
import { readBody } from '../../http/request-body.ts'
import type { RequestTarget } from '../../http/request-url.ts'
import { paramError } from '../refusal.ts'

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly method: string
  /** Scheme and host that the request was sent to, `https://api.mch.weixin.qq.com`, with the prefix of a namespace. */
  readonly origin: string
  readonly target: RequestTarget
  readonly headers: Headers
  readonly body: Bytes
  /** Parts of a `multipart/form-data` body. */
  readonly parts: readonly ReceivedPart[] | undefined
  /** Bytes that the signature covers: the body, or for an upload the text of its part `meta`. They also hold the JSON. */
  readonly signedBody: Bytes
}

/**
 * @param trace gets the bytes of the body
 * @throws {V3Refusal} 400 `PARAM_ERROR`: the body is not the multipart that its content type announces
 */
export async function receiveRequest(
  request: Request,
  target: RequestTarget,
  trace: RequestTrace,
): Promise<ReceivedRequest> {
  const { method, headers } = request
  const origin = new URL(request.url).origin + target.prefix
  const body = await readBody(request)
  trace.received = body
  const type = headers.get('content-type') ?? ''
  const parts = /^multipart\/form-data\b/i.test(type) ? requireParts(type, body) : undefined
  const signedBody = parts ? (parts.find(({ name }) => name === 'meta')?.content ?? new Uint8Array()) : body
  return { method, origin, target, headers, body, parts, signedBody }
}

/** Requires the parts before the signature is checked: without them, the error would be that the signature is wrong. */
function requireParts(type: string, body: Bytes): readonly ReceivedPart[] {
  const parts = parseMultipart(type, body)
  if (parts) return parts
  if (boundaryOf(type) === undefined)
    throw paramError('Http头Content-Type缺少boundary，请设置为multipart/form-data; boundary=…', {
      field: 'Content-Type',
      issue: 'multipart/form-data without a boundary',
      location: 'header',
    })
  throw paramError('请求体未按Http头Content-Type中的boundary分隔', {
    field: 'Content-Type',
    issue: `the body is not 1 to ${MAX_PARTS} parts separated by the boundary`,
    location: 'header',
  })
}
