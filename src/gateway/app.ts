import { type Context, Hono } from 'hono'
import type { Query } from '../core/codec/query.ts'
import { parseXml } from '../core/codec/xml.ts'
import {
  CallError,
  MalformedError,
  parseJson,
  type Reply,
  ServiceError,
  stringifyJson,
  type Wechatpay,
} from '../core/index.ts'
import { problem, problemOf } from './problem.ts'

/** What the gateway stands on. */
export interface GatewayOptions {
  /** The client that signs, asked for at every request. */
  wechatpay: (context: Context) => Wechatpay | Promise<Wechatpay>
}

/**
 * A signing gateway: WeChat Pay's own paths under `/v3/` and `/v2/`, JSON in and out for both. The call goes out signed;
 * WeChat Pay's status and verified answer come back, its errors too. Whatever else goes wrong is a problem document
 * (RFC 9457) and bears the header `Wechatpay-Edge-Error`.
 *
 * @example
 * ```ts
 * const app = createGateway({ wechatpay: () => new Wechatpay(options) })
 * Deno.serve(app.fetch)
 * ```
 */
export function createGateway({ wechatpay }: GatewayOptions): Hono {
  const app = new Hono()
  app.on(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], ['/v3/*', '/v2/*'], async context => {
    const { pathname, searchParams } = new URL(context.req.url)
    const [client, body] = await Promise.all([wechatpay(context), bodyOf(context)])
    return relay(
      await client.request(context.req.method, pathname, {
        params: queryOf(searchParams),
        body,
      }),
    )
  })
  app.notFound(({ req }) =>
    problem({
      status: 404,
      code: 'NOT_FOUND',
      detail: `There is nothing at ${req.path}. Calls begin with /v3/ or /v2/.`,
    }),
  )
  app.onError(error => (error instanceof ServiceError ? relayError(error) : problem(problemOf(error))))
  return app
}

/** A name that repeats is a list. */
function queryOf(parameters: URLSearchParams): Query {
  const entries = Array.from(new Set(parameters.keys()), name => {
    const values = parameters.getAll(name)
    return [name, values.length === 1 ? values[0] : values] as const
  })
  return Object.fromEntries(entries)
}

async function bodyOf({ req }: Context): Promise<unknown> {
  if (req.header('content-type')?.startsWith('multipart/form-data')) return req.formData()
  const text = await req.text()
  if (text === '') return undefined
  try {
    return parseJson(text)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new CallError('BODY_INVALID', 'body', 'not JSON, which APIv2 calls take here too', cause)
  }
}

/** What WeChat Pay answered. */
function relay({ data, status, headers: original, ...proof }: Reply<unknown>): Response {
  const headers = headersOf(proof)
  if (data === undefined) return new Response(null, { status, headers })
  if (status >= 300) return new Response(null, { status, headers: { ...headers, Location: String(data) } })
  if (data instanceof ReadableStream)
    return new Response(data, { status, headers: { ...headers, ...typeOf(original) } })
  return new Response(stringifyJson(data), { status, headers: { ...headers, ...JSON_TYPE } })
}

/** WeChat Pay's own error, as JSON in both APIs. What a proxy put in its place is a problem. */
function relayError(error: ServiceError): Response {
  const { status, body, message, serviceCode, mayHaveTakenEffect } = error
  if (serviceCode.startsWith('HTTP_'))
    return problem({ status: 502, code: 'UPSTREAM_ERROR', detail: message, mayHaveTakenEffect })
  const json = body.trimStart().startsWith('<') ? stringifyJson(parseXml(body)) : body
  return new Response(json, { status, headers: { ...headersOf(error), ...JSON_TYPE } })
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const typeOf = (headers: Headers) => ({ 'Content-Type': headers.get('content-type') ?? 'application/octet-stream' })

/** The id that WeChat Pay's support asks for, and which key proved the answer. */
const headersOf = ({
  requestId,
  verifiedBy,
}: Pick<Reply<unknown>, 'requestId' | 'verifiedBy'>): Record<string, string> => ({
  ...(requestId && { 'Request-ID': requestId }),
  ...(verifiedBy && { 'Wechatpay-Edge-Verified-By': verifiedBy }),
})
