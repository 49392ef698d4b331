import type { Query } from '../codec/query.ts'

/** A value that stands for a `{placeholder}` of a path; it is percent-encoded when the URL is built. */
export type PathParameter = string | number | bigint

/** How an answer that WeChat Pay gave reaches the caller: verified, parsed, its sealed fields opened. */
export interface Reply<T> {
  /** What the answer says; `undefined` where it has no body. */
  data: T
  /** The HTTP status. */
  status: number
  /** The headers of the answer, as they came. */
  headers: Headers
  /** The id that support asks for (`Request-ID`). */
  requestId: string | undefined
  /**
   * What verified the answer: APIv3 the id of WeChat Pay's key (`PUB_KEY_ID_…` or a certificate's serial), APIv2 the
   * sign type (`MD5`, `HMAC-SHA256`). `undefined` where WeChat Pay signs nothing: downloads, some APIv2 answers.
   */
  verifiedBy: string | undefined
}

/** What a caller may ask of any call, next to its parameters. */
export interface CallOptions {
  /** Headers to send next to those the client sets. */
  headers?: HeadersInit
  /** Ends the call when aborted. */
  signal?: AbortSignal
  /** Milliseconds until an attempt is given up. */
  timeout?: number
  /** How to try again: the details, the number of attempts in all, or `false` for one attempt. */
  retry?: RetryOptions | number | false
}

/** When and how often a call is sent again. */
export interface RetryOptions {
  /** Attempts in all, the first included. */
  attempts?: number
  /** The caller says that the call may be sent again after an attempt whose outcome is unknown. */
  repeatable?: boolean
  /** Milliseconds to wait after attempt `number` (1, 2, …). Default: half a second, doubled, jittered. */
  delay?: (number: number) => number
}

/** An endpoint that no definition has: callable, untyped. */
export interface AnyEndpoint {
  get<T = unknown>(options?: AnyCallOptions): Promise<Reply<T>>
  delete<T = unknown>(options?: AnyCallOptions): Promise<Reply<T>>
  post<T = unknown>(body?: unknown, options?: AnyCallOptions): Promise<Reply<T>>
  put<T = unknown>(body?: unknown, options?: AnyCallOptions): Promise<Reply<T>>
  patch<T = unknown>(body?: unknown, options?: AnyCallOptions): Promise<Reply<T>>
  /** The signed URL of an APIv2 GET, not sent. */
  url(options?: AnyCallOptions): Promise<string>
}

/** Path parameters by name, next to what every call takes. */
export interface AnyCallOptions extends CallOptions {
  params?: Query
  [pathParameter: string]: unknown
}
