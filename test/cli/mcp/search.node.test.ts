import { expect, it } from 'vitest'
import { findDescribed, listEndpoints } from '../../../src/cli/mcp/catalogue/endpoints.ts'
import { errorCodesOf } from '../../../src/cli/mcp/catalogue/error-codes.ts'
import { searchEndpoints } from '../../../src/cli/mcp/catalogue/search.ts'
import { USUAL_PRODUCTS } from '../../../src/cli/mcp/catalogue/usual-products.ts'
import { errorStatements } from '../../facts/statements.ts'

const JSAPI = 'POST v3/pay/transactions/jsapi'
const REFUND = 'POST v3/refund/domestic/refunds'

it.each([
  ['小程序下单', JSAPI],
  ['JSAPI下单', JSAPI],
  ['place order mini program', JSAPI],
  ['refund', REFUND],
  ['申请退款', REFUND],
  ['v3/refund/domestic', REFUND],
  ['out_refund_no', REFUND],
  ['code_url', 'POST v3/pay/transactions/native'],
  ['qr code order', 'POST v3/pay/transactions/native'],
  ['payment code', 'POST v3/pay/transactions/codepay'],
  ['付款码支付', 'POST v3/pay/transactions/codepay'],
  ['query order by out_trade_no', 'GET v3/pay/transactions/out-trade-no/{out_trade_no}'],
  ['profit sharing', 'POST v3/profitsharing/orders'],
  ['请求分账', 'POST v3/profitsharing/orders'],
  ['transfer money to a user', 'POST v3/fund-app/mch-transfer/transfer-bills'],
  ['商家转账', 'POST v3/fund-app/mch-transfer/transfer-bills'],
  ['download trade bill', 'GET v3/bill/tradebill'],
  ['申请交易账单', 'GET v3/bill/tradebill'],
  ['upload image', 'POST v3/merchant/media/upload'],
  ['服务商 Native下单', 'POST v3/pay/partner/transactions/native'],
  ['complaint reply', 'POST v3/merchant-service/complaints-v2/{complaint_id}/response'],
  ['sub-merchant applyment', 'POST v3/applyment4sub/applyment/'],
  ['platform certificates', 'GET v3/certificates'],
  ['unifiedorder', 'POST v2/pay/unifiedorder'],
])('finds %s among the first five', (query, expected) => {
  const found = searchEndpoints(query, undefined, 5).map(({ endpoint, path }) => `${endpoint.method} ${path}`)
  expect(found).toContain(expected)
})

it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a query may be the name of a member of every object: %s',
  query => {
    expect(() => searchEndpoints(query, undefined, 5)).not.toThrow()
  },
)

it.each([
  ['查询订单', 'GET v3/pay/transactions/id/{transaction_id}'],
  ['query order', 'GET v3/pay/transactions/id/{transaction_id}'],
  ['查询退款', 'GET v3/refund/domestic/refunds/{out_refund_no}'],
  ['关闭订单', 'POST v3/pay/transactions/out-trade-no/{out_trade_no}/close'],
  ['下载对账单', 'GET v3/bill/tradebill'],
])('%s, a title of APIv2, finds %s first', (query, expected) => {
  const [found] = searchEndpoints(query, undefined, 1)
  expect(`${found!.endpoint.method} ${found!.path}`).toBe(expected)
})

it('finds only endpoints of the API that is asked for', () => {
  const found = searchEndpoints('退款', 'v2', 10)
  expect(found.length).toBe(10)
  expect(new Set(found.map(({ endpoint }) => endpoint.api))).toEqual(new Set(['v2']))
})

it('finds nothing for words that stand nowhere', () => {
  expect(searchEndpoints('zzzzqqqq', undefined, 5)).toEqual([])
})

it('prefers only products that the definitions have', () => {
  const products = new Set(listEndpoints().flatMap(({ operation }) => operation.tags ?? []))
  expect([...USUAL_PRODUCTS].filter(product => !products.has(product))).toEqual([])
})

it('finds every endpoint by its own path, with placeholders', () => {
  const endpoints = listEndpoints()
  expect(endpoints.length).toBe(1213)
  const lost = endpoints.filter(({ endpoint, path }) => findDescribed(endpoint.method, path)?.endpoint !== endpoint)
  expect(lost.map(({ path }) => path)).toEqual([])
})

it('knows every error code of the official pages, with its status', () => {
  const missing = errorStatements.filter(({ of, code, status }) => {
    const endpoint = of === '*' ? 'GET /v3/anything' : of.replace(/^v\d /, '')
    return !errorCodesOf(endpoint).some(row => row.code === code && row.status === status)
  })
  expect(errorStatements.length).toBeGreaterThan(40)
  expect(missing).toEqual([])
})

it('has error codes only of endpoints that exist', async () => {
  const { readFileSync } = await import('node:fs')
  const text = readFileSync('src/cli/mcp/catalogue/error-codes.ts', 'utf8')
  const named = [...text.matchAll(/^([A-Z]+) (\/\S+)$/gm)].map(([, method, path]) => [method!, path!] as const)
  expect(named.length).toBeGreaterThan(10)
  const unknown = named.filter(([method, path]) => !findDescribed(method, path.startsWith('/v3') ? path : `v2${path}`))
  expect(unknown).toEqual([])
})
