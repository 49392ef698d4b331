import type { Bytes } from '../../../core/base/bytes.ts'
import { stringifyJson } from '../../../core/codec/json.ts'
import { nonce } from '../../../core/crypto/nonce.ts'
import type { SignType } from '../../../definitions/trait.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { SimulatorContext } from '../../context.ts'
import type { SimulatedResponse } from '../../http/response.ts'
import { type ResponseFields, signedParams, toXmlFields, writeMessage } from '../message.ts'
import { type ErrorContent, REJECTIONS, ResultRefusal, ReturnRefusal } from '../refusal.ts'
import type { Requirements } from '../request/requirements.ts'
import type { RouteResult } from '../route.ts'
import { sign } from '../signature.ts'

const XML_TYPE = 'text/xml; charset=utf-8'

/** Creates the response with the result of a route: a redirect, a file, or fields in the endpoint's format. */
export async function createResponse(
  result: RouteResult,
  type: SignType,
  requirements: Requirements,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  if (result instanceof URL) return { status: 302, headers: { Location: result.href } }
  if (typeof result === 'string' || result instanceof Uint8Array) return fileResponse(result)
  return requirements.endpoint.kind === 'json'
    ? jsonResponse(result)
    : signedResponse(result, type, requirements, context)
}

/**
 * Creates the error response to an authenticated request, in the endpoint's own format. Without a `result_code`, the whole
 * message fails.
 *
 * @throws {ReturnRefusal} a route refused the message itself
 */
export async function createRefusalResponse(
  error: unknown,
  type: SignType,
  requirements: Requirements,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  if (error instanceof ReturnRefusal) throw error
  const [code, description] = contentOf(error)
  const { responseFields, endpoint } = requirements
  if (endpoint.kind === 'json') return { ...jsonResponse({ retcode: -1, retmsg: description }), code }
  if (endpoint.kind === 'file') return createReturnRefusalResponse(description, { error_code: code }, code)
  if (endpoint.kind === 'redirect' || (responseFields.size > 0 && !responseFields.has('result_code')))
    return createReturnRefusalResponse(description, {}, code)
  const codeField = responseFields.has('error_code') ? 'error_code' : 'err_code'
  const fields = { result_code: 'FAIL', [codeField]: code, [`${codeField}_des`]: description }
  return { ...(await signedResponse(fields, type, requirements, context)), code }
}

function contentOf(error: unknown): ErrorContent {
  if (error instanceof ResultRefusal) return [error.code, error.message]
  if (error instanceof Rejection) return REJECTIONS[error.reason]
  return ['SYSTEMERROR', '系统错误']
}

/** Creates the response to a refused message. It is unsigned, because the sender is unknown. */
export const createReturnRefusalResponse = (
  return_msg: string,
  fields: ResponseFields = {},
  code = 'FAIL',
): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': XML_TYPE },
  body: writeMessage(toXmlFields({ return_code: 'FAIL', return_msg, ...fields })),
  code,
})

/**
 * Creates a response with HTTP 200, whatever the outcome, signed like the request if the definition has a signature.
 * The common fields are included if the definition has them.
 */
export async function signedResponse(
  fields: ResponseFields,
  type: SignType,
  { responseFields }: Pick<Requirements, 'responseFields'>,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  const common = {
    return_code: 'SUCCESS',
    return_msg: 'OK',
    appid: context.merchant.appid,
    mch_id: context.merchant.mchid,
    nonce_str: nonce(context.crypto),
    result_code: 'SUCCESS',
  }
  const defined = Object.entries(common).filter(([name]) => responseFields.size === 0 || responseFields.has(name))
  const message = toXmlFields({ ...Object.fromEntries(defined), ...fields } as ResponseFields)
  const signed = responseFields.has('sign')
    ? { ...message, sign: await sign(signedParams(message), type, context) }
    : message
  return { status: 200, headers: { 'Content-Type': XML_TYPE }, body: writeMessage(signed) }
}

/** Creates an unsigned response with a file: text, or compressed bytes. */
const fileResponse = (body: string | Bytes): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/x-gzip' },
  body,
})

/** Creates a JSON response, which one endpoint of APIv2 has. */
const jsonResponse = (fields: object): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: stringifyJson(fields),
})
