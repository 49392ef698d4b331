import { replaceFields } from '../../core/codec/fields.ts'
import { open } from '../../core/crypto/rsa.ts'
import type { World } from '../world.ts'
import type { Fields } from './incoming.ts'
import { paramError } from './refusal.ts'

/**
 * Opens the fields that the merchant sealed (敏感信息加密). The request names by `Wechatpay-Serial` the key that it
 * sealed them for.
 *
 * @throws {Refusal} 400 `PARAM_ERROR`
 */
export async function openSealed(
  body: Fields,
  paths: readonly string[],
  headers: Headers,
  { platform, crypto }: World,
): Promise<Fields> {
  const serial = headers.get('wechatpay-serial')
  const opened = await replaceFields(body, paths, async (value, path) => {
    const key = serial === null ? undefined : platform.find(serial)
    if (!key)
      throw paramError('平台证书序列号Wechatpay-Serial错误', {
        field: 'Wechatpay-Serial',
        issue: serial === null ? 'required when a field is sealed' : 'no key of the platform has this id',
        location: 'header',
      })
    try {
      return await open(String(value), key.private, crypto)
    } catch {
      throw paramError('敏感信息解密失败，请使用Wechatpay-Serial对应的公钥加密', {
        field: `/${path.replaceAll('.', '/')}`,
        issue: 'cannot be decrypted',
        location: 'body',
      })
    }
  })
  return opened as Fields
}
