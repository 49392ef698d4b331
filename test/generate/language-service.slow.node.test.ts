import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEditor, ts } from '../../scripts/editor.ts'

const FILE = resolve(import.meta.dirname, '../../program.ts')

const HEAD = `import { isEvent, isServiceError, type Notification, type V3PayTransactionsNativePostRequest, Wechatpay } from './src/core/index.ts'
const wxpay = new Wechatpay({ mchid: '1900000109' });
`
const editor = createEditor(FILE, HEAD, { allowImportingTsExtensions: true, noEmit: true })

/** Returns the documentation that an editor shows for the name before `|`. */
function hoverAt(marked: string): string {
  const { position, service } = editor.type(marked)
  return ts.displayPartsToString(service.getQuickInfoAtPosition(FILE, position - 1)?.documentation)
}

/** Returns the completions at `|`, by name, with their documentation. */
function completionsAt(marked: string, ...names: string[]): Record<string, string> {
  const { position, service } = editor.type(marked)
  const offered = service.getCompletionsAtPosition(FILE, position, {})?.entries.map(({ name }) => name) ?? []
  return Object.fromEntries(
    names.map(name => {
      if (!offered.includes(name)) return [name, 'not offered']
      const details = service.getCompletionEntryDetails(FILE, position, name, {}, undefined, {}, undefined)
      return [name, ts.displayPartsToString(details?.documentation)]
    }),
  )
}

/** A call of `POST /v3/pay/transactions/jsapi` up to a field. */
const jsapi = (field: string): string => `wxpay.v3.pay.transactions.jsapi.post({ ${field}`
/** A field of the order that a query returns. */
const order = 'const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(null as never); data.'
const compared = (event: string): string => `(n: Notification) => n.event === '${event}' && n.resource.`
const switched = (event: string): string => `(n: Notification) => { switch (n.event) { case '${event}': n.resource.`
const refused = "(e: unknown) => isServiceError(e, 'POST /v3/refund/domestic/refunds') && e."
const notified = 'async (n: Notification) => isEvent(n, "TRANSACTION.SUCCESS") && n.resource.'

describe('hovering over a name tells', () => {
  it.each<[string, string, string]>([
    ['the unit of an amount', jsapi('amount: { total|: 1 } })'), '总金额 · 分 · 整数'],
    ['the length of a number', jsapi('out_trade_no|: "1" })'), '商户订单号 · 6–32 字符'],
    ['the length of a description', jsapi('description|: "1" })'), '商品描述 · ≤ 127 字符'],
    ['the format of a time', jsapi('time_expire|: "1" })'), '交易结束时间 · RFC 3339'],
    ['the names of states', `${order}trade_state|`, 'SUCCESS 支付成功 · REFUND 转入退款'],
    ['what an amount paid is in', `${order}amount.payer_total|`, '用户支付金额 · 分 · 整数'],
    ['the same of a notification', `${notified}amount!.payer_total|`, '用户实际支付金额 · 分 · 整数'],
    ['the same of one whose event was compared', `${compared('REFUND.SUCCESS')}amount.payer_refund|`, '分 · 整数'],
    [
      'a field of one of several cases',
      `${switched('COMPLAINT.CREATE')}action_type|`,
      '触发本次投诉通知回调的具体动作类型',
    ],
    ['a field that one of several products has', `${compared('TRANSACTION.SUCCESS')}combine_out_trade_no|`, '订单号'],
    ['which products share an event', `${compared('TRANSACTION.SUCCESS')}sub_orders|`, '商品单列表'],
    ['a named request', 'const order: V3PayTransactionsNativePostRequest|', 'Native下单 · 请求'],
    [
      'the time of WeChat Pay Score by its pattern only',
      'wxpay.v3.payscore.serviceorder.post({ time_range: { start_time|: "OnAccept" } })',
      '服务开始时间',
    ],
    ['what a refusal names', `${refused}endpoint|`, 'The called endpoint'],
    ['what is wrong with a field', `${refused}detail!.issue|`, 'The reason why it is wrong'],
    [
      'the length of an APIv2 merchant number',
      '(await wxpay.v2.pay.orderquery.post(null as never)).data.mch_id|',
      '≤ 32 字符',
    ],
    ['the title and page of an endpoint', 'wxpay.v3.pay.transactions.native.post|', 'Native下单'],
    ['the errors of a refund', 'wxpay.v3.refund.domestic.refunds.post|', '错误码 NOT_ENOUGH'],
    ['the errors of an APIv2 call', 'wxpay.v2.pay.unifiedorder.post|', '错误码 ORDERPAID 商户订单已支付'],
    ['the product of a segment', 'wxpay.v3.merchantService|', '消费者投诉'],
    ['the products of a segment that many share', 'wxpay.v3.marketing|', '代金券'],
    ['the product below one', 'wxpay.v3.marketing.busifavor|', '商家券'],
    [
      'that a field is encrypted',
      'wxpay.v3.applyment4sub.applyment.post({ contact_info: { mobile_phone|: "" } })',
      '敏感信息加密',
    ],
    ['the unit of an APIv2 amount', 'wxpay.v2.pay.unifiedorder.post({ total_fee|: 1 })', '分'],
  ])('%s', (_, marked, told) => {
    expect(hoverAt(marked)).toContain(told)
  })
})

describe('completion', () => {
  it('offers products with their Chinese names', () => {
    const found = completionsAt('wxpay.v3.|', 'merchantService', 'payscore', 'ecommerce')
    expect(found.merchantService).toContain('消费者投诉')
    expect(found.payscore).toContain('支付分')
    expect(found.ecommerce).toContain('平台收付通')
  })

  it('offers the fields of a body with what they hold', () => {
    expect(completionsAt(jsapi('|'), 'notify_url', 'attach')).toEqual({
      notify_url: '通知地址 · ≤ 256 字符',
      attach: '附加数据 · ≤ 128 字符',
    })
  })

  it('offers the values of a state', () => {
    const names = ['SUCCESS', 'USERPAYING']
    const found = completionsAt(`${order}trade_state === "|"`, ...names)
    expect(Object.keys(found)).toEqual(names)
    expect(Object.values(found)).not.toContain('not offered')
  })

  it('offers the events of notifications, and those that APIv2 shares by their own name', () => {
    const names = ['TRANSACTION.SUCCESS', 'v2/TRANSACTION.SUCCESS', 'transaction-success', 'PROFITSHARING.CHANGE']
    const found = completionsAt('(n: Notification) => n.event === "|"', ...names)
    expect(Object.values(found)).not.toContain('not offered')
  })

  it('offers the fields of all products that share an event', () => {
    const names = ['out_trade_no', 'transaction_id', 'sub_orders', 'trade_scene', 'id']
    const found = completionsAt(`${compared('TRANSACTION.SUCCESS')}|`, ...names)
    expect(Object.values(found)).not.toContain('not offered')
  })

  it('offers the endpoints with documented error codes, and the codes of one', () => {
    const endpoints = ['POST /v3/refund/domestic/refunds', 'POST /v2/secapi/pay/refund']
    expect(Object.values(completionsAt('isServiceError(null, "|")', ...endpoints))).not.toContain('not offered')
    const found = completionsAt(`${refused}serviceCode === "|"`, 'NOT_ENOUGH', 'SYSTEM_ERROR', 'ORDERPAID')
    expect(found).toEqual({ NOT_ENOUGH: '', SYSTEM_ERROR: '', ORDERPAID: 'not offered' })
  })

  it('offers paths in all spellings of a placeholder', () => {
    const paths = ['{id}', '$id$', '_id_'].map(id => `v3/pay/transactions/id/${id.replace('id', 'transaction_id')}`)
    expect(Object.values(completionsAt('wxpay.chain("|")', ...paths))).not.toContain('not offered')
  })
})

describe('an editor strikes out', () => {
  const isDeprecatedAt = (marked: string): boolean => {
    const { position, service } = editor.type(marked)
    const tags = service.getQuickInfoAtPosition(FILE, position - 1)?.tags ?? []
    return tags.some(({ name }) => name === 'deprecated')
  }

  it.each([
    ['an endpoint that WeChat Pay has shut down', 'wxpay.v2.pay.combinedorder.post|', true],
    ['not one that is in use', 'wxpay.v3.pay.transactions.native.post|', false],
    ['a list of complaints that another one replaces', 'wxpay.v3.merchantService.complaints.get|', true],
    ['not the one that replaces it', 'wxpay.v3.merchantService.complaintsV2.get|', false],
  ])('%s', (_, marked, isStruckOut) => {
    expect(isDeprecatedAt(marked)).toBe(isStruckOut)
  })
})
