import { callByGateway, GatewayError } from '../../../core/client/gateway-call.ts'
import { stringifyQuery } from '../../../core/codec/query.ts'
import { ResponseError, ServiceError, WechatpayError } from '../../../core/index.ts'
import { apiOfPath } from '../../../definitions/api-of-path.ts'
import { traitOf } from '../../../definitions/trait-of.ts'
import { safePathname } from '../../../gateway/caps/allow.ts'
import { MCHID_HEADER } from '../../../gateway/relay/merchant.ts'
import { isIdempotent } from '../../../gateway/relay/repeatable.ts'
import { definedPath } from '../catalogue/endpoints.ts'
import { hiddenFields } from '../catalogue/openapi.ts'
import type { McpContext } from '../context.ts'
import { maskFields } from '../result.ts'
import { BODY, METHOD, PATH, QUERY, type Tool, type ToolInput } from '../tool.ts'
import { ToolError } from '../tool-error.ts'
import { readBody } from './input.ts'

export const gatewayCall: Tool = {
  name: 'gateway_call',
  title: 'Call WeChat Pay through the gateway',
  description:
    'Makes a real call to WeChat Pay through the user’s own gateway, which holds the keys and decides what its caller may do: paths, merchants, largest amount. Queries only, unless the server was started with --allow-writes. Personal fields of the reply are masked. Use simulate_call to try things.',
  properties: {
    method: METHOD,
    path: PATH,
    query: QUERY,
    body: BODY,
    mchid: { type: 'string', pattern: '^\\d{1,20}$', description: 'The merchant, if the gateway serves several.' },
    idempotency_key: {
      type: 'string',
      pattern: '^[\\w.:-]{8,128}$',
      description:
        'Required for a call that changes something: one text for what is intended, such as order-20260101001. Repeat the call with the same key, so that it takes effect once.',
    },
  },
  required: ['method', 'path'],
  reach: 'the network',
  changes: true,
  async run(input, context) {
    const { gateway, stopped } = context
    if (!gateway)
      throw new ToolError(
        'GATEWAY_MISSING',
        'The server was started without a gateway.',
        'Use simulate_call; or ask the user to start the server with --gateway <url>.',
      )
    const { method, mchid, idempotency_key } = input as { method: string } & ToolInput
    const path = readPath(input.path as string)
    refuseChange(method, path, input, context)
    refuseFile(method, path)
    const query = input.query ? stringifyQuery(input.query as never) : ''
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT)])
    const headers: Record<string, string> = {
      authorization: `Bearer ${gateway.token}`,
      ...(mchid !== undefined && { [MCHID_HEADER]: mchid as string }),
      ...(idempotency_key !== undefined && { 'idempotency-key': idempotency_key as string }),
    }
    try {
      const { data, status, requestId, verifiedBy } = await callByGateway(
        `${gateway.url}${path}${query && `?${query}`}`,
        { method, path: definedPath(path), trait: {} },
        apiOfPath(path),
        { body: readBody(method, input.body), signal },
        headers,
        (url, init) => fetch(url, { ...init, redirect: 'error' }),
      )
      if (data instanceof ReadableStream) {
        await data.cancel()
        return { status, requestId, data: '(not JSON)' }
      }
      return { status, requestId, verifiedBy, data: maskFields(data ?? null, hiddenFields()) }
    } catch (error) {
      throw convertError(error)
    }
  },
}

const TIMEOUT = 60_000

/** @throws {ToolError} `PATH_INVALID` */
function readPath(given: string): string {
  const path = given.startsWith('/') ? given : `/${given}`
  try {
    const safe = safePathname(path)
    // As a URL the path must be what was checked.
    if (new URL(`http://gateway${safe}`).pathname === safe) return safe
  } catch {}
  throw new ToolError(
    'PATH_INVALID',
    'The path could be read as another path.',
    'Give v3/…, v2/… or brand/… with plain segments; the query goes into "query".',
  )
}

/** @throws {ToolError} */
function refuseChange(method: string, path: string, { idempotency_key }: ToolInput, { allowWrites }: McpContext): void {
  if (isQuery(method, path)) return
  if (!allowWrites)
    throw new ToolError(
      'WRITES_REFUSED',
      `${method} ${path} may change something, and this server only queries.`,
      'Try it with simulate_call. For a real call, ask the user to start the server with --allow-writes.',
    )
  if (idempotency_key === undefined)
    throw new ToolError(
      'IDEMPOTENCY_KEY_MISSING',
      `${method} ${path} may change something.`,
      'Give "idempotency_key": one text for what is intended, and the same text when you repeat the call.',
    )
}

/** Returns whether a call changes nothing. In APIv2 everything is a POST; uploads and the key of the sandbox are no queries. */
const isQuery = (method: string, path: string): boolean =>
  path.startsWith('/v2/')
    ? method === 'POST' && isIdempotent(method, path, undefined) && !/upload|signkey/.test(path)
    : method === 'GET'

/** @throws {ToolError} `RESPONSE_IS_FILE` */
function refuseFile(method: string, path: string): void {
  const { response } = traitOf(method, definedPath(path))
  if (response === 'file' || response === 'redirect')
    throw new ToolError(
      'RESPONSE_IS_FILE',
      `The response to ${method} ${path} is a ${response}.`,
      'Download it with wechatpay-edge request -o <file>, or with wechatpay-edge/bill.',
    )
}

function convertError(error: unknown): unknown {
  if (!(error instanceof WechatpayError)) return error
  const { code, message } = error
  const { mayHaveTakenEffect = false } = error as Partial<ResponseError>
  const details = { ...factsOf(error), mayHaveTakenEffect }
  if (mayHaveTakenEffect) return new ToolError('CALL_IN_DOUBT', message, IN_DOUBT, { reason: code, ...details })
  if (error instanceof GatewayError) return new ToolError('GATEWAY_REFUSED', message, STAY_WITHIN, details)
  if (error instanceof ServiceError) return new ToolError('WECHATPAY_REFUSED', message, LOOK_UP, details)
  return error
}

function factsOf(error: WechatpayError): object {
  if (!(error instanceof ResponseError)) return {}
  const { status, requestId } = error
  if (error instanceof GatewayError) return { status, gatewayCode: error.gatewayCode }
  return error instanceof ServiceError ? { status, requestId, serviceCode: error.serviceCode } : { status, requestId }
}

const IN_DOUBT =
  'The call may have taken effect. Query the order or refund, or repeat the call with the same idempotency_key and the same number; never with new ones.'
const STAY_WITHIN =
  'Stay within what the gateway allows its caller; only the user can widen it, in the configuration of the gateway.'
const LOOK_UP = 'Nothing was done. describe_endpoint lists the codes and what to do about them.'
