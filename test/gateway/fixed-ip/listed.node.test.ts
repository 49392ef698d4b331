import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { compileAllow } from '../../../src/gateway/caps/allow.ts'
import { hasIpAllowList } from '../../../src/gateway/fixed-ip/fixed-ip.ts'
import { readConfig } from '../../../src/gateway/index.ts'

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

test('the example’s caller is one that the gateway takes, for payouts and nothing else', () => {
  const { callers } = readConfig({
    WECHATPAY_MCHID: '1900000109',
    WECHATPAY_APIV2_KEY: 'key',
    GATEWAY_CONFIG: readFileSync('examples/fixed-ip/serve.json', 'utf8'),
  })
  expect(callers.map(({ name }) => name)).toEqual(['worker'])
  const allows = compileAllow(callers[0]!.allow)
  expect(allows('POST', '/v3/fund-app/mch-transfer/transfer-bills')).toBe(true)
  expect(allows('POST', '/v3/refund/domestic/refunds')).toBe(false)
})
