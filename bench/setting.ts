import { generateKeyPairSync } from 'node:crypto'

/** Merchant, keys and order, the same for all contenders. */
export interface Setting {
  baseUrl: string
  mchid: string
  serial: string
  merchant: KeyPair
  platform: KeyPair
  platformId: string
  apiv3Key: string
  apiv2Key: string
  order: Order
  /**
   * The same order in APIv2: strings, because not all contenders accept numbers; MD5, because their defaults differ.
   */
  orderV2: OrderV2
}

/** PEM: PKCS#8 and SPKI. */
export interface KeyPair {
  privateKey: string
  publicKey: string
}

export type Order = typeof ORDER
export type OrderV2 = typeof ORDER_V2

const ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1230000109',
  description: 'Image 形象店-深圳腾大-QQ公仔',
  out_trade_no: '1217752501201407033233368018',
  notify_url: 'https://www.weixin.qq.com/wxpay/pay.php',
  attach: '自定义数据说明',
  amount: { total: 100, currency: 'CNY' },
}

const ORDER_V2 = {
  appid: ORDER.appid,
  mch_id: ORDER.mchid,
  body: ORDER.description,
  out_trade_no: ORDER.out_trade_no,
  notify_url: ORDER.notify_url,
  attach: ORDER.attach,
  total_fee: '100',
  spbill_create_ip: '127.0.0.1',
  trade_type: 'NATIVE',
  sign_type: 'MD5',
} as const

export const createSetting = (): Omit<Setting, 'baseUrl'> => ({
  mchid: ORDER.mchid,
  serial: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C',
  merchant: createKeyPair(),
  platform: createKeyPair(),
  platformId: 'PUB_KEY_ID_0114232134912410000000000000',
  apiv3Key: '0123456789abcdef0123456789ABCDEF',
  apiv2Key: '192006250b4c09247ec02edce69f6a2d',
  order: ORDER,
  orderV2: ORDER_V2,
})

const createKeyPair = (): KeyPair =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
