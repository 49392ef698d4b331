import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import {
  type BillRow,
  type Finding,
  PAYMENTS,
  parseBill,
  REFUNDS,
  REVERSALS,
  type ReconcileOptions,
  reconcile,
} from '../../../../src/flows/bill/index.ts'
import { failure, stream } from '../reading.ts'
import { ALL, EARLY, FUND_FLOW, SUCCESS } from '../samples.ts'

async function found<Field extends string>(options: ReconcileOptions<Field, BillRow>): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of reconcile(options)) findings.push(finding)
  return findings
}
const brief = (findings: Finding[]) => findings.map(({ kind, number }) => [kind, number])
const bill = (text = ALL) => parseBill(stream(utf8(text)))

describe('our books and a bill', () => {
  it('agree', async () => {
    const reconciliation = reconcile({
      by: PAYMENTS,
      records: [{ out_trade_no: 'outtradeno001', amount: 10_150 }],
      bill: bill(),
    })
    for await (const finding of reconciliation) throw new Error(finding.kind)
    expect(reconciliation.counts).toEqual({
      matched: 1,
      differs: 0,
      'missing-in-records': 0,
      'missing-in-bill': 0,
      'duplicate-in-records': 0,
      'duplicate-in-bill': 0,
    })
  })

  it('agree on refunds by out_refund_no, and on reversals, whose state the API calls otherwise', async () => {
    const text = ALL.replace('`ORIGINAL,`SUCCESS', '`ORIGINAL,`FAIL')
    const records = [{ out_refund_no: 'refund001', amount: 3005, state: 'CLOSED' }]
    const [matched] = await found({ by: REFUNDS, records, bill: bill(text), matched: true })
    expect(matched).toMatchObject({
      kind: 'matched',
      number: 'refund001',
      record: { amount: 3005, state: 'CLOSED' },
      bill: { amount: 3005, state: 'FAIL' },
      row: { 微信退款单号: '50000002272017121400000000001' },
    })
    const reversed = [{ out_trade_no: 'outtradeno002', amount: 700 }]
    expect(await found({ by: REVERSALS, records: reversed, bill: bill() })).toEqual([])
  })

  it('agree on a payment that was refunded later', async () => {
    for (const state of ['SUCCESS', 'REFUND', 'REVOKED'])
      expect(
        await found({
          by: PAYMENTS,
          records: [{ out_trade_no: 'outtradeno001', amount: 10_150, state }],
          bill: bill(),
        }),
      ).toEqual([])
  })

  it('agree on a bill of the early format', async () => {
    const records = ['1415640626', '1415635270'].map(out_trade_no => ({ out_trade_no, amount: 1 }))
    expect(await found({ by: PAYMENTS, records, bill: bill(EARLY) })).toEqual([])
  })

  it('differ by an amount, by a state', async () => {
    const differing = [
      { amount: 10_149, state: 'SUCCESS' },
      { amount: 10_150, state: 'NOTPAY' },
    ]
    for (const here of differing) {
      const records = [{ out_trade_no: 'outtradeno001', ...here }]
      const [finding, ...others] = await found({ by: PAYMENTS, records, bill: bill() })
      expect(finding).toMatchObject({ kind: 'differs', record: here, bill: { amount: 10_150, state: 'SUCCESS' } })
      expect(others).toEqual([])
    }
  })

  it('lack what the other has', async () => {
    const records = [{ out_trade_no: 'records', amount: 1 }]
    const findings = await found({ by: PAYMENTS, records, bill: bill() })
    expect(brief(findings)).toEqual([
      ['missing-in-records', 'outtradeno001'],
      ['missing-in-bill', 'records'],
    ])
    expect(findings[0]).toMatchObject({ bill: { amount: 10_150 }, row: { 商户订单号: 'outtradeno001' } })
    expect(findings[1]).toMatchObject({ record: { amount: 1 } })
  })

  it('have a number twice', async () => {
    const paid = { 商户订单号: 'a', 订单金额: 1, 交易状态: 'SUCCESS' }
    const records = [
      { out_trade_no: 'a', amount: 1 },
      { out_trade_no: 'a', amount: 2 },
    ]
    const twice = [paid, { ...paid, 订单金额: 3 }, { ...paid, 商户订单号: 'b' }, { ...paid, 商户订单号: 'b' }]
    const findings = await found({ by: PAYMENTS, records, bill: twice, matched: true })
    expect(brief(findings)).toEqual([
      ['duplicate-in-records', 'a'],
      ['matched', 'a'],
      ['duplicate-in-bill', 'a'],
      ['missing-in-records', 'b'],
      ['duplicate-in-bill', 'b'],
    ])
    expect(findings[0]).toMatchObject({ record: { amount: 2 } })
    expect(findings[2]).toMatchObject({ bill: { amount: 3 } })
  })

  it('are laid beside each other by columns of one’s own choice', async () => {
    const by = { field: 'voucher', number: '业务凭证号', amount: ['收支金额(元)'], only: ['收支类型', '收入'] } as const
    const records = [{ voucher: '4200000068201801293084726068', amount: 123_456_789 }]
    expect(await found({ by, records, bill: bill(FUND_FLOW) })).toEqual([])
  })

  it('are laid beside each other in batches, rows, from iterables of either kind', async () => {
    async function* records() {
      yield { out_trade_no: 'outtradeno001', amount: 10_150 }
    }
    for (const rows of [bill(), bill().rows, bill().batches])
      expect(brief(await found({ by: PAYMENTS, records: records(), bill: rows, matched: true }))).toEqual([
        ['matched', 'outtradeno001'],
      ])
  })
})

describe('no reconciliation', () => {
  it('of a bill of another type', async () => {
    const records = [{ out_refund_no: 'refund001', amount: 1 }]
    expect(await failure(found({ by: REFUNDS, records, bill: bill(SUCCESS) }))).toMatchObject({
      name: 'BillError',
      code: 'BILL_COLUMN_MISSING',
      message: expect.stringContaining('商户退款单号'),
    })
    const by = { ...PAYMENTS, amount: ['商品名称'] } as const
    expect(await failure(found({ by, records: [], bill: bill() }))).toMatchObject({
      code: 'BILL_COLUMN_MISSING',
      message: expect.stringContaining('商品名称'),
    })
  })

  it.each([
    [{ out_trade_no: '', amount: 1 }, 'out_trade_no'],
    [{ amount: 1 }, 'out_trade_no'],
    [{ out_trade_no: 'a', amount: 1.5 }, 'amount'],
    [{ out_trade_no: 'a', amount: '1' }, 'amount'],
    [{ out_trade_no: 'a', amount: Number.NaN }, 'amount'],
    [{ out_trade_no: 'a', amount: 1, state: null }, 'state'],
  ])('of %o', async (record, member) => {
    const records = [{ out_trade_no: 'first', amount: 1 }, record as never]
    expect(await failure(found({ by: PAYMENTS, records, bill: [] }))).toMatchObject({
      name: 'CallError',
      code: 'BODY_INVALID',
      message: expect.stringContaining(`records[1].${member}`),
    })
  })

  it('is complete when the bill turns out not to be whole', async () => {
    const cut = ALL.slice(0, ALL.indexOf('总交易单数'))
    expect(await failure(found({ by: PAYMENTS, records: [], bill: bill(cut) }))).toMatchObject({
      code: 'BILL_CUT_SHORT',
    })
  })
})

it('finds what a comparison number by number finds', async () => {
  const side = fc.array(
    fc.record({ number: fc.constantFrom('a', 'b', 'c', 'd', '__proto__'), amount: fc.integer({ min: 1, max: 3 }) }),
  )
  await fc.assert(
    fc.asyncProperty(side, side, fc.boolean(), async (here, there, batched) => {
      const rows = there.map(({ number, amount }) => ({ 商户订单号: number, 订单金额: amount, 交易状态: 'SUCCESS' }))
      const records = here.map(({ number: out_trade_no, amount }) => ({ out_trade_no, amount }))
      const findings = await found({ by: PAYMENTS, records, bill: batched ? [rows] : rows, matched: true })
      const expected: string[] = []
      for (const number of ['a', 'b', 'c', 'd', '__proto__']) {
        const [h, t] = [here, there].map(entries => entries.filter(one => one.number === number))
        for (const _ of h!.slice(1)) expected.push(`duplicate-in-records ${number}`)
        for (const _ of t!.slice(1)) expected.push(`duplicate-in-bill ${number}`)
        if (h![0] && !t![0]) expected.push(`missing-in-bill ${number}`)
        if (t![0] && !h![0]) expected.push(`missing-in-records ${number}`)
        if (h![0] && t![0]) expected.push(`${h![0].amount === t![0].amount ? 'matched' : 'differs'} ${number}`)
      }
      expect(findings.map(({ kind, number }) => `${kind} ${number}`).sort()).toEqual(expected.sort())
    }),
  )
})
