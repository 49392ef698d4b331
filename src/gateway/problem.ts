import { AnswerError, CallError, ConfigurationError, TransportError, WechatpayError } from '../core/index.ts'

/** A problem document (RFC 9457): the gateway speaks, not WeChat Pay. */
export interface Problem {
  status: number
  /** Stable: that of the error, or the gateway's own. */
  code: string
  detail: string
  /** The call may have taken effect at WeChat Pay. */
  mayHaveTakenEffect?: boolean
  requestId?: string | undefined
}

export function problem({ status, code, requestId, ...more }: Problem): Response {
  const headers = { 'Content-Type': 'application/problem+json', 'Wechatpay-Edge-Error': code }
  const body = { title: code.toLowerCase().replaceAll('_', ' '), status, code, requestId, ...more }
  return Response.json(body, { status, headers })
}

/** The problem that an error is. Of an error that is none of this library's only its kind is told. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof WechatpayError))
    return {
      status: 500,
      code: 'INTERNAL_ERROR',
      detail: `The gateway failed (${(error as Error)?.name ?? typeof error}).`,
    }
  const { code, message: detail } = error
  if (error instanceof CallError) return { status: 400, code, detail }
  if (error instanceof ConfigurationError) return { status: 500, code, detail }
  if (error instanceof TransportError)
    return { status: code === 'TIMEOUT' ? 504 : 502, code, detail, mayHaveTakenEffect: error.mayHaveTakenEffect }
  if (error instanceof AnswerError)
    return { status: 502, code, detail, mayHaveTakenEffect: error.mayHaveTakenEffect, requestId: error.requestId }
  return { status: 502, code, detail }
}
