import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { compileAllow } from '../../../src/gateway/caps/allow.ts'
import { hasIpAllowList } from '../../../src/gateway/fixed-ip/fixed-ip.ts'
import { readConfig } from '../../../src/gateway/index.ts'
import { endpoints } from '../../catalogue/catalogue.ts'

describe('a call that WeChat Pay admits from listed addresses only', () => {
  it.each([
    'POST /v3/fund-app/mch-transfer/transfer-bills',
    'GET /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/B100001',
    'POST /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/B100001/cancel',
    'POST /v3/fund-app/mch-transfer/partner/transfer-bills',
    'POST /v3/fund-app/mch-transfer/transfer-bills/pre-transfer-with-authorization',
    'POST /v3/ecommerce/mch-transfer/transfer-bills',
    'POST /v3/transfer/batches',
    'POST /v3/partner-transfer/batches',
    'POST /v3/payroll-card/transfer-batches',
    'POST /v3/bank-transfer/batches',
    'POST /v3/fund-app/brand-redpacket/brand-merchant-batches',
    'POST /v2/mmpaymkttransfers/promotion/transfers',
    'POST /v2/mmpaymkttransfers/sendredpack',
    'POST /v2/mmpaymkttransfers/sendminiprogramhb',
    'POST /v2/mmpaymkttransfers/sendworkwxredpack',
    'POST /v2/mmpaysptrans/pay_bank',
  ])('is %s', call => {
    const [method, path] = call.split(' ') as [string, string]
    expect(hasIpAllowList(method, path)).toBe(true)
  })

  it.each([
    'POST /v3/pay/transactions/native',
    'POST /v3/refund/domestic/refunds',
    'POST /v3/profitsharing/orders',
    'GET /v3/transferdownload/elecvoucherfile',
    'POST /v2/secapi/pay/refund',
    'POST /v2/mmpaymkttransfers/send_coupon',
    'GET /v2/mmpaymkttransfers/sendredpack',
    'POST /mmpaymkttransfers/sendredpack',
    'POST /v3/fund-app/mch-transfer/transfer-bills/../transfer-bills',
  ])('is not %s', call => {
    const [method, path] = call.split(' ') as [string, string]
    expect(hasIpAllowList(method, path)).toBe(false)
  })
})

/** The calls of the definitions that say so, as `openapi.json` has them. */
const routed = endpoints
  .filter(({ operation }) => operation['x-ip-allow-list'])
  .map(({ api, method, path }) => ({
    method: method.toUpperCase(),
    path: `${api === 'v2' ? '/v2' : ''}${path}`.replaceAll(/\{\w+\}/g, 'X1'),
  }))

test('the example’s caller is one that the gateway takes, for all that is sent on and nothing else', () => {
  const { callers } = readConfig({
    WECHATPAY_MCHID: '1900000109',
    WECHATPAY_APIV2_KEY: 'key',
    GATEWAY_CONFIG: readFileSync('examples/fixed-ip/serve.json', 'utf8'),
  })
  expect(callers.map(({ name }) => name)).toEqual(['worker'])
  const allows = compileAllow(callers[0]!.allow)
  expect(routed.length).toBeGreaterThan(40)
  expect(routed.filter(({ method, path }) => !allows(method, path))).toEqual([])
  expect(allows('POST', '/v3/refund/domestic/refunds')).toBe(false)
})
