import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import {
  type BillRow,
  type Finding,
  PAYMENTS,
  PAYMENTS_BY_TRANSACTION_ID,
  parseBill,
  REFUNDS,
  REFUNDS_BY_REFUND_ID,
  REVERSALS,
  type ReconcileOptions,
  reconcile,
} from '../../../../src/flows/bill/index.ts'
import { failure, stream } from '../reading.ts'
import { ALL, EARLY } from '../samples.ts'

const [A, B] = ['1900007292', '1900007293'] as const

async function found<Field extends string>(options: ReconcileOptions<Field, BillRow>): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of reconcile(options)) findings.push(finding)
  return findings
}
const brief = (findings: Finding[]) => findings.map(({ kind, sub_mchid, number }) => [kind, sub_mchid, number])

/** The official sample, in which payment, reversal and refund are of these sub-merchants. */
function partnerBill(payment: string, reversal = payment, refund = payment) {
  const merchants = [payment, reversal, refund]
  return parseBill(stream(utf8(ALL.replaceAll('`1900007291,`0,', () => `\`1900007291,\`${merchants.shift()},`))))
}

/** Two sub-merchants whose numbers are the same. */
function twins(titles = '特约商户号') {
  const rows = [A, B].map((merchant, at) => ({
    [titles]: merchant,
    商户订单号: 'T1',
    微信订单号: `420000000${at}`,
    订单金额: 100 + at,
    交易状态: 'SUCCESS',
  }))
  return rows as BillRow[]
}

describe('a number that two sub-merchants use', () => {
  it.each(['特约商户号', '子商户号'])('is a number of each, by the column %s', async titles => {
    const records = [
      { out_trade_no: 'T1', amount: 101, sub_mchid: B },
      { out_trade_no: 'T1', amount: 100, sub_mchid: A },
    ]
    for (const bill of [twins(titles), twins(titles).reverse()])
      expect(brief(await found({ by: PAYMENTS, records, bill, matched: true })).sort()).toEqual([
        ['matched', A, 'T1'],
        ['matched', B, 'T1'],
      ])
  })

  it('never makes one pay for the other', async () => {
    const records = [{ out_trade_no: 'T1', amount: 101, sub_mchid: A }]
    const bill = twins().slice(1)
    expect(brief(await found({ by: PAYMENTS, records, bill }))).toEqual([
      ['missing-in-records', B, 'T1'],
      ['missing-in-bill', A, 'T1'],
    ])
    expect(brief(await found({ by: PAYMENTS, records, bill: [...bill, ...bill] }))).toEqual([
      ['missing-in-records', B, 'T1'],
      ['duplicate-in-bill', B, 'T1'],
      ['missing-in-bill', A, 'T1'],
    ])
  })

  it('is no duplicate in our records', async () => {
    const records = [
      { out_trade_no: 'T1', amount: 1, sub_mchid: A },
      { out_trade_no: 'T1', amount: 1, sub_mchid: B },
      { out_trade_no: 'T1', amount: 2, sub_mchid: B },
      { out_trade_no: 'T1', amount: 1 },
      { out_trade_no: 'T1', amount: 1, sub_mchid: '0' },
    ]
    expect(brief(await found({ by: PAYMENTS, records, bill: [] }))).toEqual([
      ['duplicate-in-records', B, 'T1'],
      ['duplicate-in-records', undefined, 'T1'],
      ['missing-in-bill', A, 'T1'],
      ['missing-in-bill', B, 'T1'],
      ['missing-in-bill', undefined, 'T1'],
    ])
  })

  it('is told apart in refunds and reversals of a bill as WeChat Pay writes it', async () => {
    const refund = [{ out_refund_no: 'refund001', amount: 3005, sub_mchid: A }]
    expect(await found({ by: REFUNDS, records: refund, bill: partnerBill(B, B, A) })).toEqual([])
    expect(brief(await found({ by: REFUNDS, records: refund, bill: partnerBill(A, A, B) }))).toEqual([
      ['missing-in-records', B, 'refund001'],
      ['missing-in-bill', A, 'refund001'],
    ])
    const reversal = [{ out_trade_no: 'outtradeno002', amount: 700, sub_mchid: A }]
    expect(await found({ by: REVERSALS, records: reversal, bill: partnerBill(B, A, B) })).toEqual([])
    expect(brief(await found({ by: REVERSALS, records: reversal, bill: partnerBill(A, B, A) }))).toEqual([
      ['missing-in-records', B, 'outtradeno002'],
      ['missing-in-bill', A, 'outtradeno002'],
    ])
  })

  it('is told apart in the early format', async () => {
    const text = EARLY.replace('`10000100,`0,', `\`10000100,\`${A},`).replace('`10000100,`0,', `\`10000100,\`${B},`)
    const records = ['1415640626', '1415635270'].map(out_trade_no => ({ out_trade_no, amount: 1, sub_mchid: A }))
    const bill = parseBill(stream(utf8(text)))
    expect(brief(await found({ by: PAYMENTS, records, bill }))).toEqual([
      ['missing-in-records', B, '1415635270'],
      ['missing-in-bill', A, '1415635270'],
    ])
  })
})

describe('records that name no sub-merchant', () => {
  const records = [{ out_trade_no: 'T1', amount: 100 }]

  it('are refused where the bill has their number under one', async () => {
    for (const bill of [twins(), twins().slice(0, 1), [{ ...twins()[0]!, 特约商户号: '0' }, twins()[1]!]])
      expect(await failure(found({ by: PAYMENTS, records, bill }))).toMatchObject({
        name: 'BillError',
        code: 'BILL_KEY_AMBIGUOUS',
        message: expect.stringMatching(/T1.*sub_mchid/),
      })
    const refunds = [{ out_refund_no: 'refund001', amount: 3005 }]
    expect(await failure(found({ by: REFUNDS, records: refunds, bill: partnerBill(A) }))).toMatchObject({
      code: 'BILL_KEY_AMBIGUOUS',
    })
  })

  it('are those of the sub-merchant that the caller names', async () => {
    expect(brief(await found({ by: PAYMENTS, records, sub_mchid: A, bill: twins(), matched: true }))).toEqual([
      ['matched', A, 'T1'],
      ['missing-in-records', B, 'T1'],
    ])
  })

  it('are the merchant’s own beside those of its sub-merchants', async () => {
    const own = { ...twins()[0]!, 特约商户号: '0' }
    const all = [...records, { out_trade_no: 'T2', amount: 1, sub_mchid: A }]
    const bill = [own, twins()[1]!]
    expect(brief(await found({ by: PAYMENTS, records: all, bill, matched: true }))).toEqual([
      ['matched', undefined, 'T1'],
      ['missing-in-records', B, 'T1'],
      ['missing-in-bill', A, 'T2'],
    ])
  })

  it('and those that do need a bill that names them too', async () => {
    const bill = [{ 商户订单号: 'T1', 订单金额: 100, 交易状态: 'SUCCESS' }]
    expect(await found({ by: PAYMENTS, records, bill })).toEqual([])
    expect(await failure(found({ by: PAYMENTS, records, sub_mchid: A, bill }))).toMatchObject({
      code: 'BILL_COLUMN_MISSING',
      message: expect.stringContaining('特约商户号'),
    })
  })
})

describe('numbers that a record gives besides', () => {
  const refund = { out_refund_no: 'refund001', amount: 3005, sub_mchid: A }
  const transaction_id = '4200000008201712143733500001'
  const refund_id = '50000002272017121400000000001'

  it('are compared', async () => {
    const whole = { ...refund, transaction_id, refund_id, out_trade_no: 'outtradeno001' }
    expect(await found({ by: REFUNDS, records: [whole], bill: partnerBill(A) })).toEqual([])
    for (const other of [{ transaction_id: '42' }, { refund_id: '50' }, { out_trade_no: 'outtradeno002' }])
      expect(await found({ by: REFUNDS, records: [{ ...whole, ...other }], bill: partnerBill(A) })).toMatchObject([
        { kind: 'differs', sub_mchid: A, number: 'refund001', differences: Object.keys(other) },
      ])
  })

  it('are those of their own record', async () => {
    const records = [
      { out_refund_no: 'r1', amount: 1 },
      { ...refund, transaction_id },
      { out_refund_no: 'r2', amount: 1, transaction_id: '42' },
    ]
    const findings = await found({ by: REFUNDS, records, bill: partnerBill(A), matched: true })
    expect(findings.map(({ kind }) => kind)).toEqual(['matched', 'missing-in-bill', 'missing-in-bill'])
  })

  it('name a record where they are WeChat Pay’s, whatever numbers the merchant has', async () => {
    const payment = { transaction_id, amount: 10_150 }
    expect(await found({ by: PAYMENTS_BY_TRANSACTION_ID, records: [payment], bill: partnerBill(A) })).toEqual([])
    const returned = { refund_id, amount: 3005, sub_mchid: A, out_trade_no: 'outtradeno001' }
    expect(await found({ by: REFUNDS_BY_REFUND_ID, records: [returned], bill: partnerBill(A) })).toEqual([])
    for (const [bill, sub_mchid] of [
      [partnerBill(B), A],
      [partnerBill('0'), A],
      [partnerBill(A), '0'],
    ] as const)
      expect(await found({ by: REFUNDS_BY_REFUND_ID, records: [{ ...returned, sub_mchid }], bill })).toMatchObject([
        { kind: 'differs', differences: ['sub_mchid'] },
      ])
  })

  it('are text', async () => {
    const records = [{ ...refund, transaction_id: 42 as never }]
    expect(await failure(found({ by: REFUNDS, records, bill: [] }))).toMatchObject({
      code: 'BODY_INVALID',
      message: expect.stringContaining('records[0].transaction_id'),
    })
  })
})

/** Written as one would on paper: each record looks for the first row of its own that nobody has taken. */
it('finds what looking through the whole bill for each record finds', async () => {
  const side = fc.array(
    fc.record({
      merchant: fc.constantFrom('', A, B, '__proto__'),
      number: fc.constantFrom('a', 'b', '__proto__', `${A}/a`),
      amount: fc.integer({ min: 1, max: 2 }),
    }),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(side, side, async (here, there) => {
      // One that names a sub-merchant makes the others the merchant's own.
      const named = [{ merchant: A, number: 'named', amount: 1 }, ...here]
      const records = named.map(({ merchant, number: out_trade_no, amount }) => ({
        out_trade_no,
        amount,
        ...(merchant && { sub_mchid: merchant }),
      }))
      const bill = there.map(({ merchant, number, amount }) => ({
        特约商户号: merchant || '0',
        商户订单号: number,
        订单金额: amount,
        交易状态: 'SUCCESS',
      }))
      const expected: string[] = []
      const taken = new Set<number>()
      const tell = (kind: string, { merchant, number }: { merchant: string; number: string }) =>
        expected.push([kind, merchant, number].join(' '))
      const isSame = (one: (typeof named)[0], other: (typeof named)[0]) =>
        one.merchant === other.merchant && one.number === other.number
      for (const [at, record] of named.entries()) {
        if (named.findIndex(one => isSame(one, record)) < at) {
          tell('duplicate-in-records', record)
          continue
        }
        const row = there.findIndex(one => isSame(one, record))
        taken.add(row)
        if (row < 0) tell('missing-in-bill', record)
        else tell(there[row]!.amount === record.amount ? 'matched' : 'differs', record)
      }
      for (const [at, row] of there.entries()) {
        if (taken.has(at)) continue
        tell(there.findIndex(one => isSame(one, row)) < at ? 'duplicate-in-bill' : 'missing-in-records', row)
      }
      const findings = await found({ by: PAYMENTS, records, bill, matched: true })
      expect(findings.map(({ kind, sub_mchid = '', number }) => [kind, sub_mchid, number].join(' ')).sort()).toEqual(
        expected.sort(),
      )
    }),
    { numRuns: 300 },
  )
})
