import type { Answer } from '../answer.ts'
import type { Trace } from '../journal.ts'
import { Rejection } from '../rejection.ts'
import { split } from '../request-url.ts'
import type { World } from '../world.ts'
import { answer, refuse } from './answer.ts'
import { authenticate, requireHeaders } from './authenticate.ts'
import { check } from './fields.ts'
import { type Incoming, jsonBody, receive } from './incoming.ts'
import { paramError, REJECTIONS, Refusal } from './refusal.ts'
import type { Reply } from './route.ts'
import { find } from './router.ts'
import { openSealed } from './sealed.ts'

/** Answers an APIv3 request. Never throws. */
export async function handleV3(request: Request, url: string, world: World, trace: Trace): Promise<Answer> {
  const asked = request.headers.get('wechatpay-serial')
  try {
    const incoming = await receive(request, url)
    requireHeaders(incoming)
    await authenticate(incoming, world, trace)
    return await answer(await reply(incoming, world), asked, world)
  } catch (error) {
    return refuse(asRefusal(error), trace.signature === 'valid', asked, world)
  }
}

async function reply(incoming: Incoming, world: World): Promise<Reply> {
  const body = jsonBody(incoming)
  const url = split(incoming.url)
  const { route, path } = find(incoming.method, url.path)
  const due = route.upload ? 'multipart/form-data' : 'application/json'
  if (Boolean(route.upload) !== Boolean(incoming.parts) && incoming.body.length > 0)
    throw paramError(`Http头Content-Type不正确，请设置为${due}`, {
      field: 'Content-Type',
      issue: `content type is not ${due}`,
      location: 'header',
    })
  const query = firstOfEach(url.query)
  check(query, route.query ?? [], 'query')
  check(body, route.body ?? [], 'body')
  const opened = route.sealed ? await openSealed(body, route.sealed, incoming.headers, world) : body
  return route.handle({ path, query, body: opened, parts: incoming.parts ?? [] }, world)
}

function firstOfEach(query: URLSearchParams): Record<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of query) if (!found.has(name)) found.set(name, value)
  return Object.fromEntries(found)
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Rejection) return new Refusal(...REJECTIONS[error.reason])
  return new Refusal(500, 'SYSTEM_ERROR', '系统异常，请用相同参数重新调用')
}
