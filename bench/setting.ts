import { generateKeyPairSync } from 'node:crypto'

/** What all contenders have alike: the merchant, the keys, the message. */
export interface Setting {
  baseUrl: string
  mchid: string
  serial: string
  merchant: KeyPair
  platform: KeyPair
  platformId: string
  order: Order
}

/** PEM: PKCS#8 and SPKI. */
export interface KeyPair {
  privateKey: string
  publicKey: string
}

export type Order = typeof ORDER

const ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1230000109',
  description: 'Image 形象店-深圳腾大-QQ公仔',
  out_trade_no: '1217752501201407033233368018',
  notify_url: 'https://www.weixin.qq.com/wxpay/pay.php',
  attach: '自定义数据说明',
  amount: { total: 100, currency: 'CNY' },
}

export const createSetting = (): Omit<Setting, 'baseUrl'> => ({
  mchid: ORDER.mchid,
  serial: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C',
  merchant: createKeyPair(),
  platform: createKeyPair(),
  platformId: 'PUB_KEY_ID_0114232134912410000000000000',
  order: ORDER,
})

export const createKeyPair = (): KeyPair =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
