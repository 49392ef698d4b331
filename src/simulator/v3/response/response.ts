import { stringifyJson } from '../../../core/codec/json.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { SimulatorContext } from '../../context.ts'
import type { SimulatedResponse } from '../../http/response.ts'
import { REJECTIONS, V3Refusal } from '../refusal.ts'
import type { RouteResult } from '../route.ts'
import { signatureHeaders } from '../signature.ts'
import { languageOf, messageIn } from './language.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * Creates a signed response. A 204 is signed over the empty body.
 *
 * @param request headers of the request: `Wechatpay-Serial` decides which key signs, `Accept-Language` the language
 */
export async function createResponse(
  result: RouteResult,
  request: Headers,
  { platform, signatureNow, crypto }: Pick<SimulatorContext, 'platform' | 'signatureNow' | 'crypto'>,
): Promise<SimulatedResponse> {
  const { status, body, unsigned } = result
  if (body instanceof Uint8Array) return { status, headers: { 'Content-Type': result.type! }, body }
  const text = body && stringifyJson(body)
  // A 204 has a content type too, because clients read it before the body.
  const headers: Record<string, string> = {
    'Content-Type': JSON_TYPE,
    'Content-Language': languageOf(request.get('accept-language')),
    'Cache-Control': 'no-cache, must-revalidate',
    'X-Content-Type-Options': 'nosniff',
  }
  const key = platform.responseKey(request.get('wechatpay-serial'))
  if (!unsigned) Object.assign(headers, await signatureHeaders(text ?? '', key, signatureNow(), crypto))
  return { status, headers, body: text }
}

/**
 * Creates an error response.
 *
 * @param error what a step or the route threw
 * @param signed false if the request was not authenticated: such an error has no signature
 * @param request headers of the request
 */
export async function createRefusalResponse(
  error: unknown,
  signed: boolean,
  request: Headers,
  context: Pick<SimulatorContext, 'platform' | 'signatureNow' | 'crypto'>,
): Promise<SimulatedResponse> {
  const refusal = toRefusal(error)
  const { status, code, detail } = refusal
  const message = messageIn(languageOf(request.get('accept-language')), refusal)
  const result: RouteResult = {
    status,
    body: { code, message, ...(detail && { detail }) },
    ...(!signed && { unsigned: true }),
  }
  return { ...(await createResponse(result, request, context)), code }
}

function toRefusal(error: unknown): V3Refusal {
  if (error instanceof V3Refusal) return error
  if (error instanceof Rejection) return new V3Refusal(...REJECTIONS[error.reason])
  return new V3Refusal(500, 'SYSTEM_ERROR', '系统异常，请用相同参数重新调用')
}
