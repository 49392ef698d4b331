import type { Query } from '../core/codec/query.ts'

/**
 * The APIs of WeChat Pay: v2 is XML; v3 is JSON; brand (品牌 API) is like v3, for a brand with keys of its own in place of a
 * merchant.
 */
export type Api = 'v2' | 'v3' | 'brand'

/** A value for a `{placeholder}` of a path. It is percent-encoded when the URL is built. */
export type PathParameter = string | number | bigint

/** A response of WeChat Pay: verified, parsed, its encrypted fields decrypted. */
export interface Reply<T> {
  /** The parsed body; `undefined` if there is none. */
  data: T
  /** The HTTP status. */
  status: number
  /** The headers as received. */
  headers: Headers
  /** `Request-ID`, which WeChat Pay's support asks for. */
  requestId: string | undefined
  /**
   * Proof of the response: in APIv3 and the brand API the id of WeChat Pay's key (`PUB_KEY_ID_…` or a certificate's serial), in APIv2 the
   * sign type (`MD5`, `HMAC-SHA256`). `undefined` for responses that WeChat Pay does not sign: downloads, some APIv2
   * responses.
   */
  verifiedBy: string | undefined
}

/** The options of every call, next to its parameters. */
export interface CallOptions {
  /** Headers in addition to those that the client sets. */
  headers?: HeadersInit
  /** Aborts the call. */
  signal?: AbortSignal
  /** Milliseconds per attempt. */
  timeout?: number
  /** Details of the repetitions, the total number of attempts, or `false` for one attempt. */
  retry?: RetryOptions | number | false
}

/** When and how often a call is sent again. */
export interface RetryOptions {
  /** The total number of attempts, including the first. */
  attempts?: number
  /** Whether the call may be sent again after an attempt whose outcome is unknown. */
  repeatable?: boolean
  /** Milliseconds to wait after attempt `number` (1, 2, …). Default: half a second, doubled, jittered. */
  delay?: (number: number) => number
}

/** An endpoint without a definition; untyped. */
export interface AnyEndpoint {
  get<T = unknown>(options?: AnyCallOptions): Promise<Reply<T>>
  delete<T = unknown>(options?: AnyCallOptions): Promise<Reply<T>>
  post<T = unknown>(body?: unknown, options?: AnyCallOptions): Promise<Reply<T>>
  put<T = unknown>(body?: unknown, options?: AnyCallOptions): Promise<Reply<T>>
  patch<T = unknown>(body?: unknown, options?: AnyCallOptions): Promise<Reply<T>>
  /** Returns the signed URL of an APIv2 GET without sending it. */
  url(options?: AnyCallOptions): Promise<string>
}

/** Path parameters by name, next to the options of every call. */
export interface AnyCallOptions extends CallOptions {
  params?: Query
  [pathParameter: string]: unknown
}
