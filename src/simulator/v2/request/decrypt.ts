import { replaceFields } from '../../../core/codec/fields.ts'
import { open } from '../../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../../context.ts'
import { bankKey } from '../../keys/bank-key.ts'
import { ResultRefusal } from '../refusal.ts'
import type { Params } from '../signature.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { Requirements } from './requirements.ts'

/**
 * Decrypts the fields that are encrypted with the key of `/risk/getpublickey`.
 *
 * @throws {ResultRefusal} `PARAM_ERROR`
 */
export async function decryptParams(
  { params }: ReceivedMessage,
  { encrypted }: Requirements,
  context: SimulatorContext,
): Promise<Params> {
  const decrypted = await replaceFields(params, encrypted, async (value, name) => {
    if (value === '') return value
    const { private: key } = await bankKey(context)
    return open(String(value), key, context.crypto).catch(() => {
      throw new ResultRefusal('PARAM_ERROR', `${name}解密失败，请使用获取RSA加密公钥接口返回的公钥加密`)
    })
  })
  return decrypted as Params
}
