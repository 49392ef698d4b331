import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { WechatpayOptions } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'

/** A merchant and WeChat Pay, with the keys of either as node:crypto takes them. */
export interface Credentials {
  /** The options of the client. */
  merchant: WechatpayOptions
  merchantPublicKey: KeyObject
  /** The id that `Wechatpay-Serial` names. */
  platformKeyId: string
  platformPrivateKey: KeyObject
}

/** The credentials of the merchant with the keys of its client's brand in their places. */
export interface BrandCredentials extends Credentials {
  brand: Omit<Credentials, 'merchant'>
}

/** Returns the keys with which an API signs and encrypts. */
export const credentialsOf = (credentials: BrandCredentials, api: 'v2' | 'v3' | 'brand'): Credentials =>
  api === 'brand' ? { ...credentials, ...credentials.brand } : credentials

const BRAND_PUBLIC_KEY_ID = 'PUB_KEY_ID_0000000000000000000000000001'
const PUBLIC_KEY_ID = 'PUB_KEY_ID_0000000000000000000000000000'

/** Of the openssl command's making. */
export const fixtures: Credentials = {
  merchant: {
    mchid: '1900000109',
    certificate: keys.CERTIFICATE,
    privateKey: keys.PRIVATE_KEY,
    apiv3Key: 'wechatpay-edge-test-apiv3-key-32',
    apiv2Key: '192006250b4c09247ec02edce69f6a2d',
    platformKeys: { [PUBLIC_KEY_ID]: keys.OTHER_PUBLIC_KEY },
    brand: {
      brandId: '40001',
      certificate: keys.CERTIFICATE,
      privateKey: keys.PRIVATE_KEY,
      apiKey: 'wechatpay-edge-test-brand-key-32',
      platformKeys: { [BRAND_PUBLIC_KEY_ID]: keys.OTHER_PUBLIC_KEY },
    },
  },
  merchantPublicKey: createPublicKey(keys.PUBLIC_KEY),
  platformKeyId: PUBLIC_KEY_ID,
  platformPrivateKey: createPrivateKey(keys.OTHER_PRIVATE_KEY),
}
