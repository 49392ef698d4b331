import type { Bytes } from '../../../core/base/bytes.ts'
import type { RequestTrace } from '../../http/journal.ts'
import { boundaryOf, parseMultipart } from '../../http/multipart.ts'
import { decodeText, readBody } from '../../http/request-body.ts'
import type { RequestTarget } from '../../http/request-url.ts'
import { readMessage } from '../message.ts'
import { ReturnRefusal } from '../refusal.ts'
import type { MessageParams } from '../signature.ts'
import type { Requirements } from './requirements.ts'

/** An APIv2 message as it arrived. */
export interface ReceivedMessage {
  /** Signed parameters: of the query for GET, otherwise of the body. */
  readonly params: MessageParams
  readonly query: MessageParams
  /** Scheme and host that the request was sent to, with the prefix of a namespace. */
  readonly origin: string
  /** File of an upload. */
  readonly file?: Bytes | undefined
}

/**
 * @param trace gets the bytes of the body
 * @throws {ReturnRefusal} the body is not of the format that the endpoint requires
 */
export async function receiveMessage(
  request: Request,
  target: RequestTarget,
  { endpoint }: Requirements,
  trace: RequestTrace,
): Promise<ReceivedMessage> {
  const query = Object.fromEntries(target.query)
  const origin = new URL(request.url).origin + target.prefix
  if (request.method === 'GET') return { params: query, query, origin }
  const body = await readBody(request)
  trace.received = body
  if (endpoint.upload)
    return { ...readUpload(request.headers.get('content-type') ?? '', body, endpoint.upload.part), query, origin }
  const params = readMessage(decodeText(body))
  if (!params) throw new ReturnRefusal('XML格式错误')
  return { params, query, origin }
}

function readUpload(type: string, body: Bytes, upload: string): Omit<ReceivedMessage, 'query' | 'origin'> {
  const parts = parseMultipart(type, body)
  if (!parts)
    throw new ReturnRefusal(
      /^multipart\/form-data\b/i.test(type) && boundaryOf(type) === undefined
        ? 'Http头Content-Type缺少boundary'
        : '请使用multipart/form-data格式',
    )
  const texts = parts.filter(({ filename }) => filename === undefined)
  const file = parts.find(({ name, filename }) => name === upload && filename !== undefined)
  return {
    params: Object.fromEntries(texts.map(({ name, content }) => [name, decodeText(content)])),
    file: file?.content,
  }
}
