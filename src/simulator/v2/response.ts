import type { Bytes } from '../../core/bytes.ts'
import { stringifyJson } from '../../core/codec/json.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import type { SimulatorContext } from '../context.ts'
import type { SimulatedResponse } from '../http/response.ts'
import { type ResponseFields, signedParams, toXmlFields, writeMessage } from './message.ts'
import type { Requirements } from './requirements.ts'
import { type SignType, sign } from './signature.ts'

const XML_TYPE = 'text/xml; charset=utf-8'

/**
 * HTTP 200, whatever the outcome; signed as the request was, where the definition knows a signature. What stands in
 * every answer stands in this one as far as the definition has it.
 */
export async function signedResponse(
  fields: ResponseFields,
  type: SignType,
  { responseFields }: Pick<Requirements, 'responseFields'>,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  const { appid, mchid: mch_id } = context.merchant
  const common = {
    ...{ return_code: 'SUCCESS', return_msg: 'OK', appid, mch_id },
    ...{ nonce_str: nonce(context.crypto), result_code: 'SUCCESS' },
  }
  const due = Object.entries(common).filter(([name]) => responseFields.size === 0 || responseFields.has(name))
  const message = toXmlFields({ ...Object.fromEntries(due), ...fields } as ResponseFields)
  const signed = responseFields.has('sign')
    ? { ...message, sign: await sign(signedParams(message), type, context) }
    : message
  return { status: 200, headers: { 'Content-Type': XML_TYPE }, body: writeMessage(signed) }
}

/** A bill: text, unsigned; compressed, its bytes. */
export const fileResponse = (body: string | Bytes): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/x-gzip' },
  body,
})

/** One endpoint of APIv2 answers with JSON. */
export const jsonResponse = (fields: object): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: stringifyJson(fields),
})

/** The message was refused: whoever sent it is not known, so nothing is signed. */
export const returnFailResponse = (
  return_msg: string,
  more: ResponseFields = {},
  code = 'FAIL',
): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': XML_TYPE },
  body: writeMessage(toXmlFields({ return_code: 'FAIL', return_msg, ...more })),
  code,
})
