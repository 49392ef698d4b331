import { replaceFields } from '../../core/codec/fields.ts'
import { open } from '../../core/crypto/rsa.ts'
import type { World } from '../context.ts'
import { bankKey } from '../keys/bank-key.ts'
import { ResultFault } from './refusal.ts'
import type { Params } from './signature.ts'

/**
 * Opens the fields that are sealed with the key of `/risk/getpublickey`.
 *
 * @throws {ResultFault} `PARAM_ERROR`
 */
export async function openSealed(params: Params, names: readonly string[], world: World): Promise<Params> {
  const opened = await replaceFields(params, names, async (value, name) => {
    if (value === '') return value
    const { private: key } = await bankKey(world)
    return open(String(value), key, world.crypto).catch(() => {
      throw new ResultFault('PARAM_ERROR', `${name}解密失败，请使用获取RSA加密公钥接口返回的公钥加密`)
    })
  })
  return opened as Params
}
