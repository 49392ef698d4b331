import { Rejection } from '../accounts/rejection.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import type { Field } from '../catalogue/shape.ts'
import type { SimulatorContext } from '../context.ts'
import type { SignatureTrace } from '../http/journal.ts'
import { BodyTooLarge } from '../http/request-body.ts'
import { splitTarget } from '../http/request-url.ts'
import type { SimulatedResponse } from '../http/response.ts'
import { authenticate, requireHeaders } from './authenticate.ts'
import { requireValid } from './check.ts'
import { decryptFields } from './decrypt.ts'
import { jsonBody, type ReceivedRequest, receiveRequest } from './received-request.ts'
import { paramError, REJECTIONS, Refusal } from './refusal.ts'
import { requirementsOf } from './requirements.ts'
import { createRefusalResponse, createResponse } from './response.ts'
import type { Reply } from './route.ts'
import { requireEndpoint } from './router.ts'
import { sampleReplyV3 } from './sample-reply.ts'
import { requireFile } from './upload.ts'

/** Answers an APIv3 request. Never throws. */
export async function handleV3(
  request: Request,
  url: string,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<SimulatedResponse> {
  const asked = request.headers.get('wechatpay-serial')
  try {
    const incoming = await receiveRequest(request, url)
    requireHeaders(incoming)
    await authenticate(incoming, context, trace)
    return await createResponse(await reply(incoming, context), asked, context)
  } catch (error) {
    if (error instanceof BodyTooLarge) return error.response
    return createRefusalResponse(asRefusal(error), trace.signature === 'valid', asked, context)
  }
}

async function reply(incoming: ReceivedRequest, context: SimulatorContext): Promise<Reply> {
  const json = jsonBody(incoming)
  const url = splitTarget(incoming.url)
  const { endpoint, path } = requireEndpoint(incoming.method, url.path)
  requireType(endpoint, incoming)
  const due = requirementsOf(endpoint)
  const given = firstOfEach(url.query)
  const lists = listsOf(url.query, due.query)
  const isTemplate = due.path.length > 0
  requireValid(path, due.path, 'uri_template')
  requireValid({ ...given, ...lists }, due.query, 'query', isTemplate)
  requireValid(headersOf(incoming.headers, due.header), due.header, 'header')
  requireValid(json, due.body, 'body', isTemplate)
  const { origin, headers, parts = [] } = incoming
  const query = await decryptFields(given, due.encrypted.query, 'query', headers, context)
  const body = await decryptFields(json, due.encrypted.body, 'body', headers, context)
  await requireFile(endpoint, body, parts, context.crypto)
  const call = { origin, path, query, body, parts, lists }
  return due.route ? due.route.handle(call, context) : sampleReplyV3(endpoint, call, context)
}

function requireType({ upload }: Endpoint, { parts, body }: ReceivedRequest): void {
  const due = upload ? 'multipart/form-data' : 'application/json'
  if (Boolean(upload) !== Boolean(parts) && body.length > 0)
    throw paramError(`Http头Content-Type不正确，请设置为${due}`, {
      field: 'Content-Type',
      issue: `content type is not ${due}`,
      location: 'header',
    })
}

function firstOfEach(query: URLSearchParams): Record<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of query) if (!found.has(name)) found.set(name, value)
  return Object.fromEntries(found)
}

/** Of the parameters that are lists: in a query, a name that is repeated. */
const listsOf = (query: URLSearchParams, fields: readonly Field[]): Record<string, string[]> =>
  Object.fromEntries(
    fields.flatMap(({ name, shape }) => (shape.items && query.has(name) ? [[name, query.getAll(name)]] : [])),
  )

const headersOf = (headers: Headers, fields: readonly Field[]): Record<string, string | null> =>
  Object.fromEntries(fields.map(({ name }) => [name, headers.get(name)]))

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Rejection) return new Refusal(...REJECTIONS[error.reason])
  return new Refusal(500, 'SYSTEM_ERROR', '系统异常，请用相同参数重新调用')
}
