/** The search of the explorer, over all definitions. */
import { expect, test } from 'vitest'
import { createSearch, numbersOf, termsOf } from '../../../src/console/explorer/search.ts'
import { readIndex } from './definition-file.ts'

const index = readIndex()
const search = createSearch(index)
const first = (query: string): string | undefined => {
  const [found] = search(query)
  return found && `${found.entry.method ?? 'notification'} ${found.entry.name}`
}

test.each([
  ['Native下单', 'POST /v3/pay/transactions/native'],
  ['/v3/pay/transactions/native', 'POST /v3/pay/transactions/native'],
  ['v3/pay/transactions/native', 'POST /v3/pay/transactions/native'],
  ['pay/unifiedorder', 'POST /v2/pay/unifiedorder'],
  ['qr code prepay', 'POST /v3/pay/transactions/native'],
  ['申请退款', 'POST /v3/refund/domestic/refunds'],
  ['refund domestic', 'POST /v3/refund/domestic/refunds'],
  ['REFUND.SUCCESS', 'notification REFUND.SUCCESS'],
  ['notification/REFUND.SUCCESS', undefined],
  ['merchant media upload', 'POST /v3/merchant/media/upload'],
  ['关闭订单', 'POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close'],
  ['查询订单', 'GET /v3/pay/transactions/id/{transaction_id}'],
  ['查询退款', 'GET /v3/refund/domestic/refunds/{out_refund_no}'],
  ['下载对账单', 'GET /v3/bill/tradebill'],
  ['支付通知', 'notification TRANSACTION.SUCCESS'],
  ['退款通知', 'notification REFUND.SUCCESS'],
  ['合单', 'POST /v3/combine-transactions/app'],
  ['POST /v3/pay/transactions/native', 'POST /v3/pay/transactions/native'],
  [
    'https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/123?mchid=1900000109',
    'GET /v3/pay/transactions/out-trade-no/{out_trade_no}',
  ],
])('%s finds %s first', (query, expected) => {
  expect(first(query)).toBe(expected)
})

test('the plural of a word finds what the word finds', () => {
  expect(search('refunds')).toEqual(search('refund'))
  expect(search('refunds').length).toBeGreaterThan(0)
})

test('a phrase leaves the other words of the query whole', () => {
  const translations = { order: '订单', bill: '账单' }
  expect(termsOf('preorder order', translations)).toEqual([['order', '订单'], ['preorder']])
  expect(termsOf('out_bill_no bills bill', translations)).toEqual([['bill', '账单'], ['out_bill_no']])
})

test('a field finds all entries that have it, and says which field it was', () => {
  const found = search('prepay_id')
  const names = found.map(({ entry }) => entry.name)
  expect(names).toEqual(expect.arrayContaining(['/v3/pay/transactions/jsapi', '/v3/pay/transactions/app']))
  expect(found.find(({ entry }) => entry.name === '/v3/pay/transactions/jsapi')!.fields).toEqual([
    'prepay_id 预支付交易会话标识',
  ])
  const having = index.entries.filter(({ fields }) =>
    numbersOf(fields).some(number => index.fields[number]!.split(' ')[0] === 'prepay_id'),
  )
  expect(names).toEqual(expect.arrayContaining(having.map(({ name }) => name)))
})

test('the Chinese name of a field finds it, too', () => {
  expect(search('预支付交易会话标识').map(({ entry }) => entry.name)).toContain('/v3/pay/transactions/jsapi')
})

test('entries are found by their own names', () => {
  // One of 25: a search takes milliseconds, all of them seconds.
  const some = index.entries.filter((_, at) => at % 25 === 0)
  const missing = some.filter(({ name, method }) => {
    const found = search(name)
    return !found.slice(0, 12).some(({ entry }) => entry.name === name && entry.method === method)
  })
  expect(missing).toEqual([])
})

test.each(['', '   ', 'zzzzqq', '<img src=x onerror=alert(1)>', '\\', '%', '💰', 'x'.repeat(10_000)])(
  '%j finds nothing, and fails nothing',
  query => {
    expect(search(query)).toHaveLength(0)
  },
)
