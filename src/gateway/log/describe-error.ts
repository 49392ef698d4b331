import {
  CallError,
  MalformedError,
  ResponseError,
  ServiceError,
  SignatureError,
  WechatpayError,
} from '../../core/index.ts'
import { Refusal } from '../problem.ts'

/** Errors that others threw may be each other's cause for ever. */
const MAX_CAUSES = 4
/** Calls that a log tells of an error nobody foresaw. */
const MAX_FRAMES = 3
/** A class, or a code of the runtime's: `TypeError`, `ECONNREFUSED`, `ConnectionRefused`, `ERR_SQLITE_ERROR`. */
const CODE = /^[A-Za-z][\w.-]{0,63}$/
const SERVICE_CODE = /^(?:[A-Z][A-Z0-9_.]{0,63}|-?\d{1,6})$/

/**
 * Describes an error for a log by what cannot hold anybody's data: its class, its codes and those of its causes, HTTP status and
 * `Request-ID`, where it was thrown; of this library's own errors the message too, except where it repeats what was sent or what
 * WeChat Pay says, which may name a person ("the name 张三 does not fit").
 *
 * @example
 * ```ts
 * describeError(error) // 'ServiceError ORDER_NOT_EXIST (HTTP 404, Request-ID 08F7…)'
 * ```
 */
export function describeError(error: unknown): string {
  if (error instanceof Refusal) return `Refusal ${error.problem.code}`
  if (error instanceof ServiceError) return `ServiceError ${plainCode(error.serviceCode)}${answerOf(error)}`
  if (error instanceof ResponseError && !(error instanceof SignatureError))
    return `${error.name} ${error.code}${answerOf(error)}`
  if (error instanceof CallError || error instanceof MalformedError) return `${error.name} ${error.code}`
  if (error instanceof WechatpayError) return `${error.name} ${error.code}: ${error.message}`
  return `${causesOf(error).join(' ← ')}${framesOf(error)}`
}

function answerOf({ status, requestId }: ResponseError): string {
  const id = requestId !== undefined && /^[\w-]{1,64}$/.test(requestId) ? `, Request-ID ${requestId}` : ''
  return ` (HTTP ${status}${id})`
}

/**
 * A code of WeChat Pay's as a log and a metric may have it: `ORDER_NOT_EXIST`, `-1`. An answer may be unsigned, and so anybody's:
 * what does not look like a code is `OTHER`, so that neither somebody's data nor a label without bound comes of it.
 */
export const plainCode = (code: string): string => (SERVICE_CODE.test(code) ? code : 'OTHER')

/** The class and the code of an error that is not this library's, and those of its causes. */
function causesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error)) return [`not an Error (${typeof error})`]
  const { name, code, cause } = error as Error & { code?: unknown }
  const own = [CODE.test(name) ? name : 'Error', ...(typeof code === 'string' && CODE.test(code) ? [code] : [])]
  return [own.join(' '), ...(cause === undefined || depth >= MAX_CAUSES ? [] : causesOf(cause, depth + 1))]
}

/** Where it was thrown. A stack begins with the message, which may have lines that look like calls. */
function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { stack = '', message } = error
  const frames = stack.slice(stack.indexOf(message) + message.length).match(/^ +at .{1,200}$/gm) ?? []
  return frames
    .slice(0, MAX_FRAMES)
    .map(frame => ` ${frame.trim()}`)
    .join('')
}
