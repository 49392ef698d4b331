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
 * Creates a response with HTTP 200, whatever the outcome, signed like the request if the definition has a signature.
 * The common fields are included if the definition has them.
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

/** Creates an unsigned response with a file: text, or compressed bytes. */
export const fileResponse = (body: string | Bytes): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/x-gzip' },
  body,
})

/** Creates a JSON response, which one endpoint of APIv2 has. */
export const jsonResponse = (fields: object): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: stringifyJson(fields),
})

/** Creates the response to a refused message. It is unsigned, because the sender is unknown. */
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
