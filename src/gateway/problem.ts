import { CallError, ConfigurationError, ResponseError, TransportError, WechatpayError } from '../core/index.ts'
import { LedgerError } from './store/ledger-error.ts'

/** A problem document (RFC 9457): an error of the gateway, not of WeChat Pay. */
export interface Problem {
  status: number
  /** The stable code of this library's error, or of the gateway's own. */
  code: string
  /** Describes the problem and what the caller must do. */
  detail: string
  /** The call may have taken effect at WeChat Pay. */
  mayHaveTakenEffect?: boolean
  /** WeChat Pay's `Request-ID`. */
  wechatpayRequestId?: string | undefined
  /** More headers: `Retry-After`, `Allow`, `WWW-Authenticate`. */
  headers?: Readonly<Record<string, string>>
  [member: string]: unknown
}

/** Refuses a request: thrown in any part of the gateway, and returned to the client as a problem document. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`)
    this.problem = problem
  }
}

/**
 * Marks the response to a call that may have taken effect. WeChat Pay's own errors have only this header, because their
 * bodies stay as they are.
 */
export const IN_DOUBT_HEADER = 'Wechatpay-Edge-In-Doubt'

/** The parts of a response with a problem document. */
export interface ProblemMessage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function problemMessage({ status, code, detail, headers, ...more }: Problem): ProblemMessage {
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Wechatpay-Edge-Error': code,
      ...(more.mayHaveTakenEffect && { [IN_DOUBT_HEADER]: 'true' }),
      ...headers,
    },
    body: JSON.stringify({ title: code.toLowerCase().replaceAll('_', ' '), status, code, detail, ...more }),
  }
}

export function problemResponse(problem: Problem): Response {
  const { body, ...init } = problemMessage(problem)
  return new Response(body, init)
}

/** Converts an error to a problem. Of an error that is not this library's, only the class is disclosed. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem
  if (error instanceof LedgerError)
    return {
      status: 503,
      code: error.code,
      detail: error.message,
      // Nothing was sent to WeChat Pay: a ledger that fails after a call was sent does not change the response.
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
