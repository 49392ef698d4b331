/** Links to the pages of the explorer. */
import { expect, test } from 'vitest'
import { addressOf, findEntry, findPasted, readTarget } from '../../../src/console/explorer/address.ts'
import { readIndex } from './definition-file.ts'

const { entries } = readIndex()
const find = (hash: string): string | undefined => {
  const entry = findEntry(readTarget(hash), entries)
  return entry && `${entry.method ?? 'notification'} ${entry.name}`
}

test.each([
  ['/v3/pay/transactions/native', 'POST /v3/pay/transactions/native'],
  ['/v2/pay/unifiedorder', 'POST /v2/pay/unifiedorder'],
  ['/brand/card-member/cards?method=post', 'POST /brand/card-member/cards'],
  ['/brand/card-member/cards?method=GET', 'GET /brand/card-member/cards'],
  ['/notification/REFUND.SUCCESS', 'notification REFUND.SUCCESS'],
  ['/v3/pay/transactions/id/{transaction_id}', 'GET /v3/pay/transactions/id/{transaction_id}'],
  ['/v3/pay/transactions/id/%7Btransaction_id%7D', 'GET /v3/pay/transactions/id/{transaction_id}'],
  ['/v3/pay/transactions/id/4200001234', 'GET /v3/pay/transactions/id/{transaction_id}'],
  ['/v3/pay/transactions/id/', undefined],
  ['/v3/nope', undefined],
  ['/v3/pay/transactions/native?method=DELETE', undefined],
  ['/notification/', undefined],
  ['/v3/%E0%A4%A', undefined],
  ['/notification/constructor', undefined],
])('%s leads to %s', (hash, expected) => {
  expect(find(hash)).toBe(expected)
})

test.each([
  ['POST /v3/pay/transactions/native', ['POST /v3/pay/transactions/native']],
  ['https://api.mch.weixin.qq.com/v3/pay/transactions/native?x=1', ['POST /v3/pay/transactions/native']],
  ['/v3/pay/transactions/out-trade-no/123', ['GET /v3/pay/transactions/out-trade-no/{out_trade_no}']],
  ['v3/pay/transactions/out-trade-no/T%2F1?mchid=1', ['GET /v3/pay/transactions/out-trade-no/{out_trade_no}']],
  ['GET /v3/pay/transactions/id/42?mchid=1 HTTP/1.1', ['GET /v3/pay/transactions/id/{transaction_id}']],
  ['post https://api.mch.weixin.qq.com/pay/unifiedorder', ['POST /v2/pay/unifiedorder']],
  ['http://127.0.0.1:8989/ns/a/v3/pay/transactions/native', ['POST /v3/pay/transactions/native']],
  ['/brand/card-member/cards', ['GET /brand/card-member/cards', 'POST /brand/card-member/cards']],
  ['GET /v3/pay/transactions/native', []],
  ['https://example.com/', []],
  ['退款', []],
  ['native', []],
])('%s, pasted, names %j', (text, expected) => {
  expect(
    findPasted(text, entries)
      .map(({ method, name }) => `${method} ${name}`)
      .sort(),
  ).toEqual(expected)
})

test('the address of every entry leads to it', () => {
  const lost = entries.filter(entry => findEntry(readTarget(addressOf(entry).slice(1)), entries) !== entry)
  expect(lost).toEqual([])
})

test('a search is part of the address', () => {
  expect(readTarget('/explorer?q=%E9%80%80%E6%AC%BE%26')).toEqual({ kind: 'search', query: '退款&' })
  expect(readTarget('/explorer')).toEqual({ kind: 'search', query: '' })
  expect(readTarget('')).toEqual({ kind: 'search', query: '' })
})
