import {
  CallError,
  MalformedError,
  ResponseError,
  ServiceError,
  SignatureError,
  WechatpayError,
} from '../../core/index.ts'
import { Refusal } from '../problem.ts'
import { LedgerError } from '../store/ledger-error.ts'

/** Bounds the chain of causes, which may be circular. */
const MAX_CAUSES = 4
/** Stack frames that are logged for an unexpected error. */
const MAX_FRAMES = 3
/** Matches a class, or a code of the runtime: `TypeError`, `ECONNREFUSED`, `ConnectionRefused`, `ERR_SQLITE_ERROR`. */
const CODE = /^[A-Za-z][\w.-]{0,63}$/
const SERVICE_CODE = /^(?:[A-Z][A-Z0-9_.]{0,63}|-?\d{1,6})$/

/**
 * Describes an error for a log by properties that cannot contain personal data: its class, its codes and those of its causes, HTTP
 * status, `Request-ID` and stack frames. The message is included for this library's own errors, except for those that quote a request
 * or a response, which may name a person ("the name 张三 does not match").
 *
 * @example
 * ```ts
 * describeError(error) // 'ServiceError ORDER_NOT_EXIST (HTTP 404, Request-ID 08F7…)'
 * ```
 */
export function describeError(error: unknown): string {
  if (error instanceof Refusal) return `Refusal ${error.problem.code}`
  if (error instanceof ServiceError) return `ServiceError ${plainCode(error.serviceCode)}${responseOf(error)}`
  if (error instanceof ResponseError && !(error instanceof SignatureError))
    return `${error.name} ${error.code}${responseOf(error)}`
  if (error instanceof CallError || error instanceof MalformedError) return `${error.name} ${error.code}`
  if (error instanceof LedgerError) return `${error.name} ${error.message}`
  if (error instanceof WechatpayError) return `${error.name} ${error.code}: ${error.message}`
  return `${causesOf(error).join(' ← ')}${framesOf(error)}`
}

function responseOf({ status, requestId }: ResponseError): string {
  const id = requestId !== undefined && /^[\w-]{1,64}$/.test(requestId) ? `, Request-ID ${requestId}` : ''
  return ` (HTTP ${status}${id})`
}

/**
 * Returns a code of WeChat Pay for logs and metrics: `ORDER_NOT_EXIST`, `-1`. An unsigned response may contain anything, so a text that
 * does not look like a code becomes `OTHER`: neither personal data nor an unbounded set of labels may result from it.
 */
export const plainCode = (code: string): string => (SERVICE_CODE.test(code) ? code : 'OTHER')

/** Lists the class and the code of an error that is not this library's, and of its causes. */
function causesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error)) return [`not an Error (${typeof error})`]
  const { name, code, cause } = error as Error & { code?: unknown }
  const own = [CODE.test(name) ? name : 'Error', ...(typeof code === 'string' && CODE.test(code) ? [code] : [])]
  return [own.join(' '), ...(cause === undefined || depth >= MAX_CAUSES ? [] : causesOf(cause, depth + 1))]
}

/**
 * Returns the first stack frames. The message at the beginning of the stack is cut off, because it may contain lines
 * that look like frames.
 */
function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { stack = '', message } = error
  const frames = stack.slice(stack.indexOf(message) + message.length).match(/^ +at .{1,200}$/gm) ?? []
  return frames
    .slice(0, MAX_FRAMES)
    .map(frame => ` ${frame.trim()}`)
    .join('')
}
