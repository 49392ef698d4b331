import type { Field } from '../fields.ts'

/** The service's rule for a merchant's own numbers. */
export const OUT_TRADE_NO: Field = {
  name: 'out_trade_no',
  label: '商户订单号',
  type: 'string',
  required: true,
  pattern: /^[\w\-|*]{6,32}$/,
}

const AMOUNT: readonly Field[] = [
  { name: 'total', label: '总金额', type: 'integer', required: true, minimum: 1 },
  { name: 'currency', label: '货币类型', type: 'string', enum: ['CNY'] },
]

const GOODS: readonly Field[] = [
  { name: 'merchant_goods_id', label: '商户侧商品编码', type: 'string', required: true, maxLength: 32 },
  { name: 'wechatpay_goods_id', label: '微信侧商品编码', type: 'string', maxLength: 32 },
  { name: 'goods_name', label: '商品名称', type: 'string', maxLength: 256 },
  { name: 'quantity', label: '商品数量', type: 'integer', required: true, minimum: 1 },
  { name: 'unit_price', label: '商品单价', type: 'integer', required: true, minimum: 0 },
]

const DETAIL: readonly Field[] = [
  { name: 'cost_price', label: '订单原价', type: 'integer', minimum: 0 },
  { name: 'invoice_id', label: '商品小票ID', type: 'string', maxLength: 32 },
  { name: 'goods_detail', label: '单品列表', type: 'object[]', fields: GOODS },
]

const STORE: readonly Field[] = [
  { name: 'id', label: '门店编号', type: 'string', required: true, maxLength: 32 },
  { name: 'name', label: '门店名称', type: 'string', maxLength: 256 },
  { name: 'area_code', label: '地区编码', type: 'string', maxLength: 32 },
  { name: 'address', label: '详细地址', type: 'string', maxLength: 512 },
]

const SCENE: readonly Field[] = [
  { name: 'payer_client_ip', label: '用户终端IP', type: 'string', required: true, maxLength: 45 },
  { name: 'device_id', label: '商户端设备号', type: 'string', maxLength: 32 },
  { name: 'store_info', label: '商户门店信息', type: 'object', fields: STORE },
]

const H5: Field = {
  name: 'h5_info',
  label: 'H5场景信息',
  type: 'object',
  required: true,
  fields: [{ name: 'type', label: '场景类型', type: 'string', required: true, maxLength: 32 }],
}

const IDENTITY_TYPES = [
  'IDCARD',
  'HONGKONG_MACAO',
  'HONGKONG_MACAO_RESIDENT',
  'TAIWAN_RESIDENT',
  'FOREIGN_RESIDENT',
  'OVERSEA_PASSPORT',
  'PHONE_NUMBER',
]

const IDENTITY: Field = {
  name: 'identity',
  label: '实名支付',
  type: 'object',
  fields: [
    { name: 'type', label: '证件类型', type: 'string', required: true, enum: IDENTITY_TYPES },
    { name: 'number', label: '证件号', type: 'string', required: true },
    { name: 'name', label: '姓名', type: 'string', required: true },
  ],
}

const OPENID: Field = { name: 'openid', label: '用户标识', type: 'string', required: true, maxLength: 128 }

/** RFC 3339, which Java's and Go's parsers on the service's side take strictly. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const COMMON: readonly Field[] = [
  { name: 'appid', label: '公众号ID', type: 'string', required: true, maxLength: 32 },
  { name: 'mchid', label: '直连商户号', type: 'string', required: true, maxLength: 32 },
  { name: 'description', label: '商品描述', type: 'string', required: true, maxLength: 127 },
  OUT_TRADE_NO,
  { name: 'time_expire', label: '交易结束时间', type: 'string', pattern: DATE_TIME },
  { name: 'attach', label: '附加数据', type: 'string', maxLength: 128 },
  { name: 'notify_url', label: '通知地址', type: 'string', required: true, pattern: /^https?:\/\/\S{1,250}$/ },
  { name: 'goods_tag', label: '订单优惠标记', type: 'string', maxLength: 32 },
  {
    name: 'limit_pay',
    label: '指定支付方式',
    type: 'string[]',
    enum: ['no_balance', 'no_credit', 'no_debit', 'balance_only'],
  },
  { name: 'support_fapiao', label: '电子发票入口开放标识', type: 'boolean' },
  { name: 'amount', label: '订单金额', type: 'object', required: true, fields: AMOUNT },
  { name: 'detail', label: '优惠功能', type: 'object', fields: DETAIL },
  {
    name: 'settle_info',
    label: '结算信息',
    type: 'object',
    fields: [{ name: 'profit_sharing', label: '是否指定分账', type: 'boolean' }],
  },
]

const scene: Field = { name: 'scene_info', label: '场景信息', type: 'object', fields: SCENE }
const payer: Field = { name: 'payer', label: '支付者', type: 'object', fields: [IDENTITY] }

/** The body's fields of each prepay endpoint, by the last segment of its path. */
export const PREPAY_FIELDS: Readonly<Record<'jsapi' | 'app' | 'h5' | 'native', readonly Field[]>> = {
  jsapi: [...COMMON, { ...payer, required: true, fields: [OPENID, IDENTITY] }, scene],
  app: [...COMMON, payer, scene],
  h5: [...COMMON, payer, { ...scene, required: true, fields: [...SCENE, H5] }],
  native: [...COMMON, payer, scene],
}
