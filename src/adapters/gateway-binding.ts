import { callByGateway, GatewayError } from '../core/client/gateway-call.ts'
import { CallError, ResponseError, ServiceError, TransportError, WechatpayError } from '../core/index.ts'
import { apiOfPath } from '../definitions/api-of-path.ts'
import type { Reply } from '../definitions/call.ts'
import type { Paths } from '../definitions/generated/types.ts'
import { type GatewayClient, wechatpay } from './gateway-client.ts'

/** A placeholder origin, which WeChat Pay cannot reach; `/checkout` therefore requires PUBLIC_URL. */
const ORIGIN = 'http://localhost'

/** The service binding to a gateway, `entrypoint = "WechatpayGateway"`. */
export interface GatewayBinding {
  /** Sends a request to the gateway, as at its public address. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  /**
   * Makes a call. Does not throw for responses of WeChat Pay or the gateway; check `ok`.
   *
   * @param method `GET`, `POST`, …
   * @param path `/v3/…`, `/v2/…`, `/checkout/…` with its query, without placeholders, percent-encoded
   * @param body an object, sent as JSON in both APIs
   * @example
   * ```ts
   * const placed = await env.WECHATPAY.call('POST', '/v3/pay/transactions/native', order)
   * if (placed.ok) return Response.json({ code_url: placed.data.code_url })
   * ```
   */
  call<Method extends BindingMethod, Path extends string>(
    method: Method,
    path: Path,
    body?: BodyOf<Method, Path>,
    options?: BindingCallOptions,
  ): Promise<BindingCallResult<DataOf<Method, Path>>>
}

export type BindingMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Options of a call through a service binding. */
export interface BindingCallOptions {
  /**
   * A repeated call with the same key gets the same response without a second call to WeChat Pay. Default: a new key
   * per call
   */
  readonly idempotencyKey?: string
  /** The merchant (商户号) whose keys sign, if the body does not name one. */
  readonly mchid?: string
}

/** Result of a call. It is a value, because errors that cross a binding keep only their message. */
export type BindingCallResult<Data = unknown> = BindingCallSuccess<Data> | BindingCallFailure

/** A successful call. */
export interface BindingCallSuccess<Data = unknown> {
  readonly ok: true
  readonly status: number
  /** WeChat Pay's verified response; for a file, a stream of its bytes. */
  readonly data: Data
  /** WeChat Pay's `Request-ID`. */
  readonly requestId: string | undefined
  readonly verifiedBy: string | undefined
}

/** A failed call. */
export interface BindingCallFailure {
  readonly ok: false
  /** The HTTP status; 0 if there was no response. */
  readonly status: number
  /** WeChat Pay's own code, or the gateway's: `NOT_ENOUGH`, `FORBIDDEN`. */
  readonly code: string
  readonly message: string
  /** True if WeChat Pay refused the call; false if the gateway refused it or could not make it. */
  readonly isWechatpayError: boolean
  /** Whether the call may have taken effect, money included; if so, query before you repeat it. */
  readonly mayHaveTakenEffect: boolean
  readonly requestId: string | undefined
}

type Endpoint<Path extends string> = Path extends `/${infer Key extends keyof Paths}` ? Paths[Key] : never
type VerbOf<Method extends string, Path extends string> =
  Endpoint<Path> extends {
    [Verb in Lowercase<Method>]: infer Function
  }
    ? Function
    : never

/** Body of a call whose path is that of a definition without parameters; `unknown` for other paths. */
export type BodyOf<Method extends string, Path extends string> = [VerbOf<Method, Path>] extends [never]
  ? unknown
  : Method extends 'GET' | 'DELETE'
    ? undefined
    : VerbOf<Method, Path> extends (body: infer Body, ...rest: never[]) => unknown
      ? Body
      : unknown

/** Response data of a call through a service binding. */
export type DataOf<Method extends string, Path extends string> = [VerbOf<Method, Path>] extends [never]
  ? unknown
  : VerbOf<Method, Path> extends (...given: never[]) => Promise<Reply<infer Data>>
    ? Data
    : unknown

/**
 * Creates a client that calls your gateway through a service binding, with the calls, replies and errors of
 * `Wechatpay`, but without a key or token in this Worker. The gateway decides which calls are allowed by the caller in
 * the props of the binding.
 *
 * @param binding `env.WECHATPAY`
 * @throws {GatewayError} from a call: the gateway refused it
 * @throws {ServiceError} from a call: WeChat Pay refused it
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/
 * @example
 * ```ts
 * const { data } = await gatewayClient(env.WECHATPAY).v3.pay.transactions.native.post(order)
 * ```
 */
export function gatewayClient(binding: Pick<GatewayBinding, 'fetch'>): GatewayClient {
  return wechatpay({ gateway: ORIGIN, fetch: (input, init) => binding.fetch(input, init) })
}

/**
 * Makes a call with a function that sends requests to a gateway, and returns its result as a value.
 *
 * @throws {unknown} any error that is not of this library
 */
export async function callByBinding(
  fetchGateway: typeof fetch,
  method: string,
  path: string,
  body: unknown,
  { idempotencyKey, mchid }: BindingCallOptions = {},
): Promise<BindingCallResult> {
  // A path that begins with two slashes would replace the host.
  const url = new URL(`${ORIGIN}/${path.replace(/^\/+/, '')}`)
  const api = apiOfPath(url.pathname)
  const headers = {
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    ...(mchid !== undefined && { 'Wechatpay-Edge-Mchid': mchid }),
  }
  const call = { method: method.toUpperCase(), path: url.pathname, trait: {} }
  try {
    const { data, status, requestId, verifiedBy } = await callByGateway(
      url.href,
      call,
      api,
      { body },
      headers,
      fetchGateway,
    )
    return { ok: true, status, data, requestId, verifiedBy }
  } catch (error) {
    if (!(error instanceof WechatpayError)) throw error
    return failureOf(error)
  }
}

function failureOf(error: WechatpayError): BindingCallFailure {
  const { message } = error
  const isWechatpayError = error instanceof ServiceError
  const code = isWechatpayError ? error.serviceCode : error instanceof GatewayError ? error.gatewayCode : error.code
  const mayHaveTakenEffect =
    (error instanceof ResponseError || error instanceof TransportError) && error.mayHaveTakenEffect
  const { status, requestId } =
    error instanceof ResponseError ? error : { status: error instanceof CallError ? 400 : 0, requestId: undefined }
  return { ok: false, status, code, message, isWechatpayError, mayHaveTakenEffect, requestId }
}
