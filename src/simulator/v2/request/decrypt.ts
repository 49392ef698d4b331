import { replaceFields } from '../../../core/codec/fields.ts'
import type { PrivateKey } from '../../../core/crypto/keys.ts'
import { decrypt } from '../../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../../context.ts'
import { bankKey } from '../../keys/bank-key.ts'
import { ResultRefusal } from '../refusal.ts'
import type { MessageParams } from '../signature.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { Requirements } from './requirements.ts'

/**
 * Decrypts the fields that are encrypted with the key of `/risk/getpublickey`, and those that are encrypted with the
 * platform's key that `cert_sn` names.
 *
 * @throws {ResultRefusal} `PARAM_ERROR`
 */
export async function decryptParameters(
  { params }: ReceivedMessage,
  { encrypted }: Requirements,
  context: SimulatorContext,
): Promise<MessageParams> {
  const decryptWith = (paths: readonly string[], values: unknown, findKey: () => Promise<PrivateKey>, which: string) =>
    replaceFields(values, paths, async (value, name) => {
      if (value === '') return value
      const key = await findKey()
      return decrypt(String(value), key, context.crypto).catch(() => {
        throw new ResultRefusal('PARAM_ERROR', `${name}解密失败，请使用${which}加密`)
      })
    })
  const bank = async () => (await bankKey(context)).private
  const decrypted = await decryptWith(encrypted.bank, params, bank, '获取RSA加密公钥接口返回的公钥')
  const platform = async () => platformKey(params.cert_sn, context)
  return (await decryptWith(encrypted.platform, decrypted, platform, 'cert_sn对应的平台证书公钥')) as MessageParams
}

function platformKey(serial: string | undefined, { platform }: SimulatorContext): PrivateKey {
  const key = serial === undefined ? undefined : platform.find(serial)
  if (!key) throw new ResultRefusal('PARAM_ERROR', 'cert_sn错误，没有该序列号的平台证书')
  return key.private
}
