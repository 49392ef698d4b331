import { replaceFields } from '../../core/codec/fields.ts'
import { open } from '../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../context.ts'
import { bankKey } from '../keys/bank-key.ts'
import { ResultRefusal } from './refusal.ts'
import type { Params } from './signature.ts'

/**
 * Decrypts the fields that are encrypted with the key of `/risk/getpublickey`.
 *
 * @throws {ResultRefusal} `PARAM_ERROR`
 */
export async function decryptParams(
  params: Params,
  names: readonly string[],
  context: SimulatorContext,
): Promise<Params> {
  const opened = await replaceFields(params, names, async (value, name) => {
    if (value === '') return value
    const { private: key } = await bankKey(context)
    return open(String(value), key, context.crypto).catch(() => {
      throw new ResultRefusal('PARAM_ERROR', `${name}解密失败，请使用获取RSA加密公钥接口返回的公钥加密`)
    })
  })
  return opened as Params
}
