import { Rejection } from '../accounts/rejection.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import type { Field } from '../catalogue/shape.ts'
import type { World } from '../context.ts'
import type { Trace } from '../http/journal.ts'
import { BodyTooLarge } from '../http/request-body.ts'
import { split } from '../http/request-url.ts'
import type { Answer } from '../http/response.ts'
import { authenticate, requireHeaders } from './authenticate.ts'
import { check } from './check.ts'
import { openSealed } from './decrypt.ts'
import { type Incoming, jsonBody, receive } from './received-request.ts'
import { paramError, REJECTIONS, Refusal } from './refusal.ts'
import { requirementsOf } from './requirements.ts'
import { answer, refuse } from './response.ts'
import type { Reply } from './route.ts'
import { find } from './router.ts'
import { plausible } from './sample-reply.ts'
import { requireFile } from './upload.ts'

/** Answers an APIv3 request. Never throws. */
export async function handleV3(request: Request, url: string, world: World, trace: Trace): Promise<Answer> {
  const asked = request.headers.get('wechatpay-serial')
  try {
    const incoming = await receive(request, url)
    requireHeaders(incoming)
    await authenticate(incoming, world, trace)
    return await answer(await reply(incoming, world), asked, world)
  } catch (error) {
    if (error instanceof BodyTooLarge) return error.answer
    return refuse(asRefusal(error), trace.signature === 'valid', asked, world)
  }
}

async function reply(incoming: Incoming, world: World): Promise<Reply> {
  const json = jsonBody(incoming)
  const url = split(incoming.url)
  const { endpoint, path } = find(incoming.method, url.path)
  requireType(endpoint, incoming)
  const due = requirementsOf(endpoint)
  const given = firstOfEach(url.query)
  const lists = listsOf(url.query, due.query)
  const isTemplate = due.path.length > 0
  check(path, due.path, 'uri_template')
  check({ ...given, ...lists }, due.query, 'query', isTemplate)
  check(headersOf(incoming.headers, due.header), due.header, 'header')
  check(json, due.body, 'body', isTemplate)
  const { origin, headers, parts = [] } = incoming
  const query = await openSealed(given, due.sealed.query, 'query', headers, world)
  const body = await openSealed(json, due.sealed.body, 'body', headers, world)
  await requireFile(endpoint, body, parts, world.crypto)
  const call = { origin, path, query, body, parts, lists }
  return due.route ? due.route.handle(call, world) : plausible(endpoint, call, world)
}

function requireType({ upload }: Endpoint, { parts, body }: Incoming): void {
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
