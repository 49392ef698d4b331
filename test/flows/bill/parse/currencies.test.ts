import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import { Wechatpay } from '../../../../src/core/index.ts'
import {
  type BillRow,
  downloadTradeBillV2,
  type Finding,
  PAYMENTS,
  parseBill,
  REFUNDS,
  type ReconcileOptions,
  reconcile,
  type StatementRow,
} from '../../../../src/flows/bill/index.ts'
import { createSimulator } from '../../../../src/simulator/index.ts'
import { failure, read, readAll, stream } from '../reading.ts'
import { EARLY } from '../samples.ts'

/** How many decimals their amounts have in a bill. */
const DECIMALS = { CNY: 2, HKD: 2, USD: 2, JPY: 0, KRW: 0, ISK: 0 } as const
type Currency = keyof typeof DECIMALS

/** As one writes it by hand. */
function written(amount: number, currency: Currency): string {
  const [sign, digits] = amount < 0 ? ['-', String(-amount)] : ['', String(amount)]
  if (DECIMALS[currency] === 0) return sign + digits
  const whole = digits.slice(0, -2) || '0'
  return `${sign}${whole}.${digits.slice(-2).padStart(2, '0')}`
}

interface Payment {
  readonly number: string
  readonly merchant: string
  readonly currency: Currency
  readonly amount: number
}

/** A bill of payments; the sums add up main units of whatever currencies. */
function billOf(payments: readonly Payment[]): string {
  const cents = payments.reduce((sum, { amount, currency }) => sum + amount * (DECIMALS[currency] === 0 ? 100 : 1), 0)
  return [
    '特约商户号,商户订单号,交易状态,货币种类,订单金额,手续费',
    ...payments.map(
      ({ merchant, number, currency, amount }) =>
        `\`${merchant},\`${number},\`SUCCESS,\`${currency},\`${written(amount, currency)},\`0.00000`,
    ),
    '总交易单数,手续费总金额,订单总金额',
    `\`${payments.length},\`0.00000,\`${written(cents, 'CNY')}`,
    '',
  ].join('\r\n')
}
const of = (currency: Currency, amount: number, number = 'T1', merchant = '0'): Payment => ({
  currency,
  amount,
  number,
  merchant,
})

async function found<Field extends string>(options: ReconcileOptions<Field, BillRow>): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of reconcile(options)) findings.push(finding)
  return findings
}

describe('amounts of a bill', () => {
  it('are in the smallest unit of their currency, whatever decimals they are written with', async () => {
    const { rows, summary } = await read(billOf([of('JPY', 1750), of('JPY', 50)]))
    expect(rows.map(row => row.订单金额)).toEqual([1750, 50])
    expect(summary).toEqual({ 总交易单数: 2, 手续费总金额: 0, 订单总金额: 1800 })
    for (const text of ['1750', '1750.00', '1750.0'])
      expect((await read(billOf([of('KRW', 1750)]).replace('`1750,', `\`${text},`))).rows[0]!.订单金额).toBe(1750)
    expect((await read(billOf([of('HKD', 1750)]))).rows[0]!.订单金额).toBe(1750)
  })

  it('of a currency without decimals have none', async () => {
    const text = billOf([of('JPY', 1750)]).replace('`1750,', '`17.50,')
    expect(await failure(read(text))).toMatchObject({
      code: 'BILL_MALFORMED',
      message: expect.stringContaining('订单金额'),
    })
  })

  it('of several currencies prove the bill whole, and add up to no amount', async () => {
    const text = billOf([of('JPY', 1750), of('HKD', 1750), of('CNY', 1)])
    const { rows, summary } = await read(text)
    expect(rows.map(row => [row.货币种类, row.订单金额])).toEqual([
      ['JPY', 1750],
      ['HKD', 1750],
      ['CNY', 1],
    ])
    expect(summary!.订单总金额).toBeNaN()
    expect(await failure(read(text.replace('`1767.51', '`1767.52')))).toMatchObject({ code: 'BILL_SUMMARY_MISMATCH' })
    // Two of two decimals each are two all the same.
    expect((await read(billOf([of('HKD', 100), of('CNY', 100)]))).summary!.订单总金额).toBeNaN()
  })

  it('of an APIv2 bill of the early format are too', async () => {
    const text = EARLY.replaceAll('`CNY,`0.01', '`JPY,`100').replace('`2,`0.02', '`2,`200')
    const { rows, summary } = await read(text)
    expect(rows.map(row => row.总金额)).toEqual([100, 100])
    expect(summary!.总交易额).toBe(200)
  })

  it('are not read when their currency stands behind them', async () => {
    const text = '订单金额,货币种类\r\n`1,`JPY\r\n总交易单数\r\n`1\r\n'
    expect(await failure(read(text))).toMatchObject({
      code: 'BILL_MALFORMED',
      message: expect.stringContaining('货币种类'),
    })
  })
})

describe('an overseas statement', () => {
  /** Its titles are those of https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_3_6.shtml */
  const TITLES =
    '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,充值券币种,充值券金额,优惠券币种,优惠券金额,微信退款单号,商户退款单号,退款类型,退款状态,商品名称,商户数据包,手续费,费率,标价币种,订单金额(标价币种),用户支付币种,用户支付金额,结算币种,应结订单金额,支付汇率,退款汇率,申请退款金额,用户退款币种,用户退款金额,退款结算币种,退款应结订单金额,充值券退款金额,优惠券退款金额'
  const payment =
    '`2025-01-07 10:00:00,`wx8888888888888888,`1900000100,`1900000109,`,`4200000001,`T1,`openid,`MICROPAY,`SUCCESS,`CMC,`,`0.00,`HKD,`0.05,`0,`0,`,`,`tea,`,`0.033,`0.60%,`JPY,`1750,`CNY,`83.21,`HKD,`90.11,`4755000,`,`0,`,`0.00,`,`0.00,`0.00,`0.00'
  const refund =
    '`2025-01-07 11:00:00,`wx8888888888888888,`1900000100,`1900000109,`,`4200000001,`T1,`openid,`MICROPAY,`REFUND,`CMC,`,`0.00,`,`0.00,`5030001,`R1,`ORIGINAL,`SUCCESS,`tea,`,`-0.033,`0.60%,`JPY,`0,`,`0.00,`,`0.00,`,`4755000,`750,`CNY,`35.66,`HKD,`38.61,`0.00,`0.00'
  const text = [TITLES, payment, refund, '总交易单数', '`2', ''].join('\r\n')

  it('has each amount in its own currency, and its fee as text', async () => {
    const { rows } = await readAll(parseBill<StatementRow>(stream(utf8(text))))
    expect(rows).toMatchObject([
      { '订单金额(标价币种)': 1750, 用户支付金额: 8321, 应结订单金额: 9011, 优惠券金额: 5, 手续费: '0.033' },
      { '订单金额(标价币种)': 0, 申请退款金额: 750, 用户退款金额: 3566, 退款应结订单金额: 3861, 手续费: '-0.033' },
    ])
  })

  it('is reconciled by the currency of the price, within the sub-merchant', async () => {
    const records = { amount: 1750, currency: 'JPY', sub_mchid: '1900000109' }
    const bill = () => parseBill(stream(utf8(text)))
    expect(await found({ by: PAYMENTS, records: [{ out_trade_no: 'T1', ...records }], bill: bill() })).toEqual([])
    const refunds = [{ out_refund_no: 'R1', ...records, amount: 750 }]
    expect(await found({ by: REFUNDS, records: refunds, bill: bill() })).toEqual([])
  })
})

describe('a record and a row of as much', () => {
  const records = (currency?: string) => [{ out_trade_no: 'T1', amount: 1750, ...(currency && { currency }) }]
  const bill = (currency: Currency) => parseBill(stream(utf8(billOf([of(currency, 1750)]))))

  it('match in one currency, which is CNY where a record names none', async () => {
    for (const currency of ['CNY', 'HKD', 'JPY'] as const) {
      const [matched] = await found({ by: PAYMENTS, records: records(currency), bill: bill(currency), matched: true })
      expect(matched).toMatchObject({ kind: 'matched', record: { currency }, bill: { currency } })
    }
    expect(await found({ by: PAYMENTS, records: records(), bill: bill('CNY') })).toEqual([])
  })

  it('differ in two', async () => {
    for (const [here, there] of [
      ['CNY', 'JPY'],
      [undefined, 'JPY'],
      ['HKD', 'CNY'],
      ['KRW', 'JPY'],
    ] as const)
      expect(await found({ by: PAYMENTS, records: records(here), bill: bill(there) })).toMatchObject([
        {
          kind: 'differs',
          differences: ['currency'],
          record: { currency: here ?? 'CNY' },
          bill: { currency: there },
        },
      ])
  })

  it('are not compared in a currency that is none', async () => {
    for (const currency of ['yen', 'jpy', '￥', 'RMB ', 156 as never])
      expect(await failure(found({ by: PAYMENTS, records: records(currency), bill: [] }))).toMatchObject({
        code: 'BODY_INVALID',
        message: expect.stringContaining('records[0].currency'),
      })
  })
})

/** The other way round: both sides become lines of text, and the same line on both sides is a match. */
it('finds in bills of any currencies and sub-merchants what a comparison of texts finds', async () => {
  const payment = fc.record({
    number: fc.constantFrom('a', 'b', 'c'),
    merchant: fc.constantFrom('0', '1900007292', '1900007293'),
    currency: fc.constantFrom<Currency>('CNY', 'HKD', 'USD', 'JPY', 'KRW', 'ISK'),
    amount: fc.constantFrom(1, 10, 100, 1000, 123_456_700, 123_456_789),
  })
  const side = fc.uniqueArray(payment, { selector: ({ number, merchant }) => `${merchant}/${number}` })
  await fc.assert(
    fc.asyncProperty(side, side, async (here, there) => {
      const named = [...here, of('CNY', 1, 'named', '1900007299')]
      const records = named.map(({ number, merchant, currency, amount }) => ({
        out_trade_no: number,
        sub_mchid: merchant,
        currency,
        amount,
      }))
      const findings = await found({
        by: PAYMENTS,
        records,
        bill: parseBill(stream(utf8(billOf(there)))),
        matched: true,
      })
      const key = ({ merchant, number }: Payment) => `${merchant}/${number}`
      const line = (one: Payment) => `${key(one)} ${written(one.amount, one.currency)} ${one.currency}`
      const [lines, keys] = [new Set(there.map(line)), new Set(there.map(key))]
      const ourKeys = new Set(named.map(key))
      const expected = [
        ...named.map(one => [
          lines.has(line(one)) ? 'matched' : keys.has(key(one)) ? 'differs' : 'missing-in-bill',
          key(one),
        ]),
        ...there.filter(one => !ourKeys.has(key(one))).map(one => ['missing-in-records', key(one)]),
      ]
      expect(
        findings.map(({ kind, sub_mchid = '0', number }) => [kind, `${sub_mchid}/${number}`].join(' ')).sort(),
      ).toEqual(expected.map(words => words.join(' ')).sort())
    }),
    { numRuns: 200 },
  )
})

it('goes the whole way in yen: order, refund, bill, reconciliation', async () => {
  let now = Date.parse('2026-03-01T20:30:00+08:00')
  const deliver = async () => new Response(null, { status: 204 })
  const simulator = await createSimulator({ seed: 'yen', now: () => now, deliver })
  const { merchant, fetch, mtlsFetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, now: () => now, retry: false })
  const parties = { appid: merchant.appid, mch_id: merchant.mchid }
  const order = { ...parties, out_trade_no: 'YEN1', total_fee: 1750, fee_type: 'JPY' }
  await wxpay.v2.pay.unifiedorder.post({
    ...order,
    body: 'tea',
    spbill_create_ip: '127.0.0.1',
    trade_type: 'NATIVE',
    notify_url: 'https://merchant.example/notify',
  })
  simulator.pay({ out_trade_no: 'YEN1' })
  const refund = { ...parties, out_trade_no: 'YEN1', out_refund_no: 'R1', total_fee: 1750, refund_fee: 50 }
  await expect(wxpay.v2.secapi.pay.refund.post({ ...refund, refund_fee_type: 'CNY' })).rejects.toThrow('PARAM_ERROR')
  await wxpay.v2.secapi.pay.refund.post({ ...refund, refund_fee_type: 'JPY' })
  now += 13.5 * 3_600_000

  const bill = () => downloadTradeBillV2(wxpay, { appid: merchant.appid, bill_date: '20260301' })
  const { rows, summary } = await readAll(await bill())
  expect(rows.map(row => [row.货币种类, row.订单金额, row.申请退款金额])).toEqual([
    ['JPY', 1750, 0],
    ['JPY', 0, 50],
  ])
  expect(summary).toMatchObject({ 订单总金额: 1750, 申请退款总金额: 50 })
  const payments = [{ out_trade_no: 'YEN1', amount: 1750, currency: 'JPY' }]
  expect(await found({ by: PAYMENTS, records: payments, bill: await bill() })).toEqual([])
  const refunds = [{ out_refund_no: 'R1', amount: 50, currency: 'JPY' }]
  expect(await found({ by: REFUNDS, records: refunds, bill: await bill() })).toEqual([])
})
