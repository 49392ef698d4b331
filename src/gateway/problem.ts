import { CallError, ConfigurationError, ResponseError, TransportError, WechatpayError } from '../core/index.ts'
import { LedgerError } from './store/ledger-error.ts'

/** A problem document (RFC 9457): the gateway speaks, not WeChat Pay. */
export interface Problem {
  status: number
  /** Stable: that of the error, or the gateway's own. */
  code: string
  /** What whoever called has to do. */
  detail: string
  /** The call may have taken effect at WeChat Pay. */
  mayHaveTakenEffect?: boolean
  /** WeChat Pay's `Request-ID`. */
  wechatpayRequestId?: string | undefined
  /** More headers: `Retry-After`, `Allow`, `WWW-Authenticate`. */
  headers?: Readonly<Record<string, string>>
  [member: string]: unknown
}

/** The gateway refuses a request, and says why: thrown anywhere, answered as a problem document. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`)
    this.problem = problem
  }
}

/** Says that the call may have taken effect. On WeChat Pay's own errors too, which cannot say it in their bodies. */
export const IN_DOUBT_HEADER = 'Wechatpay-Edge-In-Doubt'

export function problem({ status, code, detail, headers, ...more }: Problem): Response {
  const body = { title: code.toLowerCase().replaceAll('_', ' '), status, code, detail, ...more }
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Wechatpay-Edge-Error': code,
      ...(more.mayHaveTakenEffect && { [IN_DOUBT_HEADER]: 'true' }),
      ...headers,
    },
  })
}

/** The problem that an error is. Of an error that is none of this library's only its kind is told. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem
  if (error instanceof LedgerError)
    return {
      status: 503,
      code: error.code,
      detail: error.message,
      // At WeChat Pay: a ledger that fails once a call was sent there leaves its answer as it is.
      mayHaveTakenEffect: false,
      headers: { 'Retry-After': '2' },
    }
  if (!(error instanceof WechatpayError))
    return {
      status: 500,
      code: 'INTERNAL_ERROR',
      detail: `The gateway failed (${(error as Error)?.name ?? typeof error}).`,
    }
  const { code, message: detail } = error
  if (error instanceof CallError) return { status: 400, code, detail }
  if (error instanceof ConfigurationError) return { status: 500, code, detail, mayHaveTakenEffect: false }
  if (error instanceof TransportError)
    return { status: code === 'TIMEOUT' ? 504 : 502, code, detail, mayHaveTakenEffect: error.mayHaveTakenEffect }
  if (error instanceof ResponseError) {
    const { mayHaveTakenEffect, requestId: wechatpayRequestId } = error
    return { status: 502, code, detail, mayHaveTakenEffect, wechatpayRequestId }
  }
  return { status: 502, code, detail }
}
