import { nonce } from '../../core/crypto/nonce.ts'
import type { Answer } from '../answer.ts'
import type { World } from '../world.ts'
import { writable, writeMessage } from './message.ts'
import { type SignType, sign } from './signature.ts'

const XML_TYPE = 'text/xml; charset=utf-8'

/** HTTP 200, whatever the outcome; signed as the request was. */
export async function answer(
  fields: Readonly<Record<string, string | number | undefined>>,
  type: SignType,
  world: World,
): Promise<Answer> {
  const { appid, mchid: mch_id } = world.merchant
  const params = writable({
    ...{
      return_code: 'SUCCESS',
      return_msg: 'OK',
      appid,
      mch_id,
      nonce_str: nonce(world.crypto),
      result_code: 'SUCCESS',
    },
    ...fields,
  })
  const signed = { ...params, sign: await sign(params, type, world) }
  return { status: 200, headers: { 'Content-Type': XML_TYPE }, body: writeMessage(signed) }
}

/** The message was refused: whoever sent it is not known, so nothing is signed. */
export const returnFail = (return_msg: string): Answer => ({
  status: 200,
  headers: { 'Content-Type': XML_TYPE },
  body: writeMessage({ return_code: 'FAIL', return_msg }),
  code: 'FAIL',
})
