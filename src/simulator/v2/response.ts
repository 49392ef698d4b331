import type { Bytes } from '../../core/bytes.ts'
import { stringifyJson } from '../../core/codec/json.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import type { World } from '../context.ts'
import type { Answer } from '../http/response.ts'
import { type AnsweredFields, signable, writable, writeMessage } from './message.ts'
import type { Requirements } from './requirements.ts'
import { type SignType, sign } from './signature.ts'

const XML_TYPE = 'text/xml; charset=utf-8'

/**
 * HTTP 200, whatever the outcome; signed as the request was, where the definition knows a signature. What stands in
 * every answer stands in this one as far as the definition has it.
 */
export async function answer(
  fields: AnsweredFields,
  type: SignType,
  { answered }: Pick<Requirements, 'answered'>,
  world: World,
): Promise<Answer> {
  const { appid, mchid: mch_id } = world.merchant
  const common = {
    ...{ return_code: 'SUCCESS', return_msg: 'OK', appid, mch_id },
    ...{ nonce_str: nonce(world.crypto), result_code: 'SUCCESS' },
  }
  const due = Object.entries(common).filter(([name]) => answered.size === 0 || answered.has(name))
  const message = writable({ ...Object.fromEntries(due), ...fields } as AnsweredFields)
  const signed = answered.has('sign') ? { ...message, sign: await sign(signable(message), type, world) } : message
  return { status: 200, headers: { 'Content-Type': XML_TYPE }, body: writeMessage(signed) }
}

/** A bill: text, unsigned; compressed, its bytes. */
export const file = (body: string | Bytes): Answer => ({
  status: 200,
  headers: { 'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/x-gzip' },
  body,
})

/** One endpoint of APIv2 answers with JSON. */
export const json = (fields: object): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: stringifyJson(fields),
})

/** The message was refused: whoever sent it is not known, so nothing is signed. */
export const returnFail = (return_msg: string, more: AnsweredFields = {}, code = 'FAIL'): Answer => ({
  status: 200,
  headers: { 'Content-Type': XML_TYPE },
  body: writeMessage(writable({ return_code: 'FAIL', return_msg, ...more })),
  code,
})
