import { type Bytes, fromUtf8 } from '../../core/bytes.ts'
import { readJson } from '../catalogue/read-json.ts'
import { boundaryOf, parseMultipart, type ReceivedPart } from '../http/multipart.ts'
import { readBody } from '../http/request-body.ts'
import { paramError } from './refusal.ts'

/** A request as it arrived. */
export interface ReceivedRequest {
  method: string
  /** Where it was sent to, `https://api.mch.weixin.qq.com`: what is offered for download is there too. */
  origin: string
  /** Path and query as sent. */
  url: string
  headers: Headers
  body: Bytes
  /** The parts of an upload. */
  parts: readonly ReceivedPart[] | undefined
}

/** @throws {Refusal} 400 `PARAM_ERROR` the body is not the multipart that its content type says */
export async function receiveRequest(request: Request, url: string): Promise<ReceivedRequest> {
  const body = await readBody(request)
  const type = request.headers.get('content-type') ?? ''
  const parts = /^multipart\/form-data\b/i.test(type) ? partsOf(type, body) : undefined
  const { origin } = new URL(request.url)
  return { method: request.method, origin, url, headers: request.headers, body, parts }
}

/** Without its parts an upload has no signed text: a signature error would lead the merchant astray. */
function partsOf(type: string, body: Bytes): readonly ReceivedPart[] {
  const parts = parseMultipart(type, body)
  if (parts) return parts
  const [message, issue] =
    boundaryOf(type) === undefined
      ? [
          'Http头Content-Type缺少boundary，请设置为multipart/form-data; boundary=…',
          'multipart/form-data without a boundary',
        ]
      : ['请求体未按Http头Content-Type中的boundary分隔', 'the body has no parts between the boundary that it names']
  throw paramError(message, { field: 'Content-Type', issue, location: 'header' })
}

/** The fifth line of what is signed: of an upload only the text of its part `meta`. */
export function signedBody({ body, parts }: ReceivedRequest): Bytes {
  return parts ? (parts.find(({ name }) => name === 'meta')?.content ?? new Uint8Array()) : body
}

export type Fields = Record<string, unknown>

/** The body as JSON; an empty one has no fields. */
export function jsonBody(incoming: ReceivedRequest): Fields {
  const { headers, body } = incoming
  const upload = incoming.parts !== undefined
  if (!upload && body.length > 0 && !/^application\/json\b/i.test(headers.get('content-type') ?? ''))
    throw paramError('Http头Content-Type不正确，请设置为application/json', {
      field: 'Content-Type',
      issue: 'content type is not application/json',
      location: 'header',
    })
  const text = signedBody(incoming)
  if (text.length === 0) return {}
  const json = readJson(decode(text))
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw paramError('参数错误，请求体不是合法的JSON对象', {
      field: '',
      issue: 'body is not a JSON object',
      location: 'body',
    })
  return json as Fields
}

/** What is not UTF-8 is no JSON either. */
function decode(bytes: Bytes): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}
