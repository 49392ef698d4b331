import { describe, expect, test } from 'vitest'
import { readPackagedFile } from '../../../src/console-files/packaged-files.ts'
import { routesOf } from '../../../src/gateway/app.ts'
import { createGatewayContext } from '../../../src/gateway/context.ts'
import { redactCall, redactPath } from '../../../src/gateway/log/redact-call.ts'

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const JSAPI = { method: 'POST', path: '/v3/pay/transactions/jsapi' }

describe('of a call the log shows', () => {
  test('numbers, amounts, times and states; neither persons nor free text nor addresses', () => {
    const body = {
      appid: 'wx8888888888888888',
      mchid: '1900000109',
      out_trade_no: '20260101001',
      time_expire: '2026-01-02T03:04:05+08:00',
      amount: { total: 100, currency: 'CNY' },
      support_fapiao: true,
    }
    const hidden = {
      description: '张三补习费',
      attach: '13800000000',
      notify_url: 'https://example.com/notify?token=secret',
      payer: { openid: OPENID },
      detail: { goods_detail: [{ merchant_goods_id: '1', quantity: 1, goods_name: '茶' }] },
      scene_info: { payer_client_ip: '14.23.150.211', store_info: { id: '1', name: '店', address: '北京' } },
    }
    expect(redactCall({ ...JSAPI, body: { ...body, ...hidden } })).toEqual({
      path: JSAPI.path,
      query: undefined,
      body: {
        ...body,
        description: '[redacted]',
        attach: '[redacted]',
        notify_url: '[redacted]',
        payer: { openid: '[redacted]' },
        detail: { goods_detail: [{ merchant_goods_id: '1', quantity: 1, goods_name: '[redacted]' }] },
        scene_info: {
          payer_client_ip: '[redacted]',
          store_info: { id: '[redacted]', name: '[redacted]', address: '[redacted]' },
        },
      },
    })
  })

  test('what is missing, as missing', () => {
    const body = { payer: { openid: '' }, attach: null, out_trade_no: '', detail: null }
    expect(redactCall({ ...JSAPI, body }).body).toEqual(body)
  })

  test('neither the names nor the values of fields that the endpoint does not have', () => {
    const body = { out_trade_no: '1', 张三: 1, profit_sharing: 'Y', mchid: '1', sub_mchid: '2', ['__proto__']: 3 }
    expect(redactCall({ ...JSAPI, body }).body).toEqual({ out_trade_no: '1', mchid: '1', '[unknown fields]': 4 })
    expect(redactCall({ ...JSAPI, query: { openid: OPENID } }).query).toEqual({ '[unknown fields]': 1 })
  })

  test('nothing of an endpoint that no definition has', () => {
    const call = {
      method: 'POST',
      path: `/v3/pay/transactions/${OPENID}/zhangsan`,
      body: { mchid: '1' },
      query: { a: 1 },
    }
    expect(redactCall(call)).toEqual({
      path: '/v3/pay/transactions/[redacted]/[redacted]',
      query: { '[unknown fields]': 1 },
      body: { '[unknown fields]': 1 },
    })
    expect(redactCall({ ...JSAPI, method: 'PUT', body: { mchid: '1' } }).body).toEqual({ '[unknown fields]': 1 })
  })

  test('no value that a field of its kind cannot have: text with blanks, other scripts, objects, an openid', () => {
    const values = ['张三', 'John Smith', OPENID, 'x'.repeat(129), 'a\nb', { name: '张三' }, () => '张三']
    for (const out_trade_no of values)
      expect(redactCall({ ...JSAPI, body: { out_trade_no } }).body).toEqual({ out_trade_no: '[redacted]' })
    expect(redactCall({ ...JSAPI, body: { out_trade_no: [['张三'], '1'] } }).body).toEqual({
      out_trade_no: ['[redacted]', '1'],
    })
    for (const amount of ['张三', 7, true, new Map([['total', '张三']])])
      expect(redactCall({ ...JSAPI, body: { amount } }).body).toEqual({ amount: '[redacted]' })
  })

  test('[encrypted] for what is encrypted on the wire, each member of a list', () => {
    const body = { openid: OPENID, insured_name_list: ['张三', '李四'], appid: 'wx1' }
    expect(redactCall({ method: 'POST', path: '/v3/inspolicymgr/deduct/policies', body }).body).toEqual({
      openid: '[redacted]',
      insured_name_list: ['[encrypted]', '[encrypted]'],
      appid: 'wx1',
    })
    const bank = { mch_id: '1', enc_bank_no: '6222', enc_true_name: '张三', amount: '1' }
    expect(redactCall({ method: 'POST', path: '/v2/mmpaysptrans/pay_bank', body: bank }).body).toEqual({
      mch_id: '1',
      enc_bank_no: '[encrypted]',
      enc_true_name: '[encrypted]',
      amount: '1',
    })
  })

  test('JSON within text as JSON, and text that is none not at all', () => {
    const call = (receivers: unknown) =>
      redactCall({ method: 'POST', path: '/v2/secapi/pay/profitsharing', body: { receivers } }).body
    const receiver = { type: 'PERSONAL_OPENID', account: OPENID, amount: 1, description: '分给张三' }
    const due = { type: 'PERSONAL_OPENID', account: '[redacted]', amount: 1, description: '[redacted]' }
    expect(call(JSON.stringify([receiver]))).toEqual({ receivers: [due] })
    expect(call([receiver])).toEqual({ receivers: [due] })
    for (const text of [`[{"account":"${OPENID}"`, OPENID, `"${OPENID}"`])
      expect(call(text)).toEqual({ receivers: '[redacted]' })
  })

  test('[redacted] for a body that has not been read', () => {
    for (const body of [
      '<xml>…</xml>',
      new Uint8Array(3),
      new FormData(),
      new ReadableStream(),
      new Map([['a', 1]]),
      1,
    ])
      expect(redactCall({ ...JSAPI, body }).body).toBe('[redacted]')
    expect(redactCall({ ...JSAPI, body: undefined }).body).toBeUndefined()
  })

  test('something, and soon, of a message that goes round in circles', () => {
    const circle: Record<string, unknown> = { mchid: '1' }
    circle.amount = circle
    circle.detail = [circle]
    expect(JSON.stringify(redactCall({ ...JSAPI, body: circle }))).toContain('"mchid":"1"')
  })

  test('the fields of a numbered family', () => {
    const body = { appid: 'wx1', coupon_id_0: '1' }
    const shown = redactCall({ method: 'POST', path: '/v2/pay/unifiedorder', body }).body
    expect(shown).toEqual({ appid: 'wx1', '[unknown fields]': 1 })
  })
})

describe('of a path the log shows', () => {
  test.each([
    ['GET', `/v3/marketing/favor/users/${OPENID}/coupons/98765`, '/v3/marketing/favor/users/[redacted]/coupons/98765'],
    ['GET', '/v3/marketing/favor/users/o%55pF8/coupons/98765', '/v3/marketing/favor/users/[redacted]/coupons/98765'],
    ['GET', '/v3/pay/transactions/out-trade-no/20260101001', '/v3/pay/transactions/out-trade-no/20260101001'],
    ['GET', `/v3/pay/transactions/out-trade-no/${OPENID}`, '/v3/pay/transactions/out-trade-no/[redacted]'],
    ['POST', '/v3/pay/transactions/out-trade-no/1/close', '/v3/pay/transactions/out-trade-no/1/close'],
    ['GET', '/v3/vehicle/parking/parkings/zhangsan', '/v3/vehicle/parking/parkings/[redacted]'],
    ['GET', `/v3/users/${OPENID}`, '/v3/users/[redacted]'],
    ['POST', '/v2/pay/unifiedorder', '/v2/pay/unifiedorder'],
    ['PROPFIND', '/v3/pay/transactions/13800000000', '/v3/pay/transactions/[redacted]'],
    ['POST', '/notify/1900000109', '/notify/1900000109'],
    ['POST', '/notify/1900000109/13800000000', '/notify/1900000109/[redacted]'],
    ['POST', '/notify/zhangsan', '/notify/[redacted]'],
    ['POST', '/notify/13800000000', '/notify/[redacted]'],
    ['POST', '/notify/1900000109/1900000109', '/notify/1900000109/[redacted]'],
    ['POST', '/checkout/mini-program', '/checkout/mini-program'],
    ['POST', '/checkout/zhangsan', '/checkout/[redacted]'],
    ['POST', '/admin/merchants/1900000109/events/12/resend', '/admin/merchants/1900000109/events/12/resend'],
    ['GET', '/admin/merchants/zhangsan/events', '/admin/merchants/[redacted]/events'],
    ['GET', '/healthz', '/healthz'],
    ['GET', '/', '/'],
    ['GET', '/张三', '/[redacted]'],
    ['GET', '', '/'],
  ])('%s %s: %s', (method, path, shown) => {
    expect(redactPath(method, path)).toBe(shown)
  })

  test.each(ownRoutes())('%s %s: its words, the merchant and the numbers, but no other parameter', (method, route) => {
    const fill = (values: Readonly<Record<string, string>>) =>
      route.replace(/:(\w+)/g, (_, name: string) => values[name] ?? '[redacted]').replace('*', '[redacted]')
    const numbers = { mchid: '1900000109', seq: '12', id: '34' }
    expect(redactPath(method, fill({ ...numbers, name: 'zhangsan', kind: 'zhangsan' }))).toBe(fill(numbers))
    const words = { mchid: 'zhangsan', seq: 'zhangsan', id: 'zhangsan', name: 'zhangsan', kind: 'zhangsan' }
    expect(redactPath(method, fill(words))).toBe(fill({}))
  })

  test('as a sign-in, a health check, the stream of events or the console', () => {
    const paths = new Set(ownRoutes().map(([, path]) => path))
    const stream = '/admin/merchants/:mchid/events/stream'
    for (const path of ['/admin/session', '/admin/health', '/admin/throughput', stream, '/console', '/readyz'])
      expect([...paths]).toContain(path)
  })
})

/** Lists the methods and the paths of the gateway's own pages, as it serves them. Calls go to WeChat Pay's paths. */
function ownRoutes(): [method: string, path: string][] {
  const ledgerOf = () => {
    throw new Error('No page is requested.')
  }
  const context = createGatewayContext({
    merchants: {},
    callers: [],
    ledgerOf,
    outbox: { enqueue: async () => {} },
    console: readPackagedFile,
  })
  return routesOf(context)
    .filter(({ path }) => !/^\/(?:v2|v3|brand)\/|^\/?\*$/.test(path))
    .map(({ method, path }) => [method, path])
}
