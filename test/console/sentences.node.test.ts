import { expect, test } from 'vitest'
import { faultSentenceOf } from '../../src/console/controls/fault-sentence.ts'
import { sentenceOf } from '../../src/console/timeline/action-sentence.ts'
import { ACTION_WORDS } from '../../src/console/timeline/action-words.ts'

const said = (name: string, ...parameters: unknown[]) => [
  sentenceOf(name, JSON.stringify(parameters), 'en'),
  sentenceOf(name, JSON.stringify(parameters), 'zh'),
]

test('an action is a sentence with its numbers, in both languages', () => {
  expect(said('pay', { out_trade_no: 'T1' }, '13517924706')).toEqual([
    'The shopper pays T1 with the coupon 13517924706',
    '用户付款：T1，使用代金券 13517924706',
  ])
  expect(said('pay', { combine_out_trade_no: 'C1' })).toEqual(['The shopper pays C1', '用户付款：C1'])
  expect(said('advance', 120_000)).toEqual(['The clock was advanced by 2 min', '时钟前进 2 分钟'])
  expect(said('fund', -1050, 'BASIC')).toEqual([
    'The balance of an account changes by -10.50 CNY (BASIC)',
    '账户资金变动：-10.50 CNY（BASIC）',
  ])
  expect(said('changePlate', { plate_number: '粤B888888', plate_color: 'BLUE' }, 'pause')).toEqual([
    'The parking service of a plate 粤B888888 changes: pause',
    '车牌的停车服务 粤B888888 变更：pause',
  ])
  expect(said('refundResult', 'R1', 'ABNORMAL')[0]).toBe('The refund R1 gets its result: ABNORMAL')
})

test('parameters that were cut, or that hold places, change nothing but their part', () => {
  expect(sentenceOf('pay', '[{"out_trade_no":"T', 'en')).toBe('The shopper pays')
  expect(said('confirmTransfer', '{text1} $& <b>')[0]).toBe('The shopper accepts the transfer {text1} $& <b>')
  expect(said('constructor', 'x')[0]).toBe('constructor')
  expect(said('advance', null)[0]).toBe('The clock was advanced')
})

test('both languages have the same sentences', () => {
  expect(Object.keys(ACTION_WORDS.zh).sort()).toEqual(Object.keys(ACTION_WORDS.en).sort())
})

test('a fault says what it does and to which requests', () => {
  expect(faultSentenceOf({ kind: 'status', status: 500 }, 'en')).toBe('Respond 500')
  expect(faultSentenceOf({ kind: 'delay', ms: 3000, path: '/v3/pay/**', count: 2 }, 'en')).toBe(
    'Respond 3 s late, for the path /v3/pay/**, for 2 requests at most',
  )
  expect(faultSentenceOf({ kind: 'clock-skew', ms: -600_000, probability: 0.25 }, 'en')).toBe(
    'Sign for 10 min earlier, for 25 % of the requests',
  )
  expect(faultSentenceOf({ kind: 'clock-skew', ms: 600_000, method: 'POST' }, 'zh')).toBe(
    '应答时间戳快 10 分钟，方法 POST',
  )
})
