import { credentialsOf } from '../core/client/client.ts'
import type { Wechatpay } from '../core/index.ts'

/** Returns whether a merchant's client has an APIv2 key (API 密钥). */
export function hasApiv2Key(client: Wechatpay): boolean {
  try {
    credentialsOf(client).account.apiv2Key()
    return true
  } catch {
    return false
  }
}
