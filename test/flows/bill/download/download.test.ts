import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../../src/core/index.ts'
import {
  downloadFundFlowBill,
  downloadFundFlowBillV2,
  downloadProfitSharingBill,
  downloadTradeBill,
  downloadTradeBillV2,
  PAYMENTS,
  parseBill,
  REFUNDS,
  REVERSALS,
  reconcile,
} from '../../../../src/flows/bill/index.ts'
import { createSimulator, type Simulator } from '../../../../src/simulator/index.ts'
import { failure, readAll } from '../reading.ts'

const bill_date = '2026-03-01'
const notify_url = 'https://merchant.example/notify'
const RECEIVER = '1900000201'

let now = Date.parse('2026-03-01T20:30:00+08:00')
let simulator: Simulator
let wxpay: Wechatpay
let appid: string

const client = (options: Partial<ConstructorParameters<typeof Wechatpay>[0]> = {}) =>
  new Wechatpay({
    ...simulator.merchant,
    fetch: simulator.fetch,
    mtlsFetch: simulator.mtlsFetch,
    now: () => now,
    retry: false,
    ...options,
  })

/** A day at the shop: payments, a refund, a reversal, a share. Then it is ten in the morning of the next. */
beforeAll(async () => {
  const deliver = async () => new Response(null, { status: 204 })
  simulator = await createSimulator({ seed: 'bills', now: () => now, deliver })
  wxpay = client()
  appid = simulator.merchant.appid
  const { mchid } = simulator.merchant
  for (const [out_trade_no, total] of [
    ['T00001', 10_000],
    ['T00002', 5_000],
    ['T00003', 20_000],
  ] as const) {
    await wxpay.v3.pay.transactions.native.post({
      appid,
      mchid,
      description: '茶, 水',
      out_trade_no,
      notify_url,
      amount: { total },
      ...(out_trade_no === 'T00003' && { settle_info: { profit_sharing: true } }),
    })
    simulator.pay({ out_trade_no })
  }
  await wxpay.v3.refund.domestic.refunds.post({
    out_trade_no: 'T00001',
    out_refund_no: 'R1',
    amount: { refund: 3_000, total: 10_000, currency: 'CNY' },
  })
  const micropay = { appid, mch_id: mchid, out_trade_no: 'T00004' }
  await wxpay.v2.pay.micropay.post({
    ...micropay,
    body: 'b',
    total_fee: 700,
    spbill_create_ip: '127.0.0.1',
    auth_code: '134567890123456789',
  })
  await wxpay.v2.secapi.pay.reverse.post(micropay)
  const receiver = { type: 'MERCHANT_ID', account: RECEIVER, name: '示例商户全称' } as const
  await wxpay.v3.profitsharing.receivers.add.post({ appid, ...receiver, relation_type: 'STORE' })
  const { transaction_id } = simulator.order('T00003') as { transaction_id: string }
  await wxpay.v3.profitsharing.orders.post({
    appid,
    transaction_id,
    out_order_no: 'S1',
    unfreeze_unsplit: true,
    receivers: [{ ...receiver, amount: 4_000, description: '分给商户' }],
  })
  await simulator.settled()
  now += 13.5 * 3_600_000
})

describe('APIv3', () => {
  it.each([undefined, 'GZIP'] as const)('gives the trade bill, tar_type %s', async tar_type => {
    const bill = await downloadTradeBill(wxpay, { bill_date, ...(tar_type && { tar_type }) })
    const { rows, summary } = await readAll(bill)
    expect(rows.map(row => [row.商户订单号, row.交易状态, row.订单金额, row.申请退款金额])).toEqual([
      ['T00001', 'SUCCESS', 10_000, 0],
      ['T00002', 'SUCCESS', 5_000, 0],
      ['T00003', 'SUCCESS', 20_000, 0],
      ['T00004', 'SUCCESS', 700, 0],
      ['T00004', 'REVOKED', 0, 700],
      ['T00001', 'REFUND', 0, 3_000],
    ])
    expect(summary).toMatchObject({ 总交易单数: 6, 订单总金额: 35_700, 申请退款总金额: 3_700 })
  })

  it('gives payments and refunds alone, with their columns', async () => {
    const payments = await readAll(await downloadTradeBill(wxpay, { bill_date, bill_type: 'SUCCESS' }))
    expect(payments.rows.map(({ 商户订单号, 费率 }) => [商户订单号, 费率])).toEqual(
      ['T00001', 'T00002', 'T00003', 'T00004'].map(number => [number, '0.60%']),
    )
    const refunds = await readAll(await downloadTradeBill(wxpay, { bill_date, bill_type: 'REFUND' }))
    expect(refunds.rows.map(row => [row.商户退款单号, row.退款金额, row.退款申请时间.slice(0, 10)])).toEqual([
      ['R1', 3_000, bill_date],
    ])
  })

  it('gives the fund flow bill, and the profit sharing bill', async () => {
    const funds = await readAll(await downloadFundFlowBill(wxpay, { bill_date, tar_type: 'GZIP' }))
    expect(funds.rows.at(-1)!['账户结余(元)']).toBe(simulator.balance().available)
    const { 收入金额, 支出金额 } = funds.summary!
    expect(收入金额 - 支出金额).toBe(simulator.balance().available)
    const shares = await readAll(await downloadProfitSharingBill(wxpay, { bill_date }))
    expect(shares.rows.map(row => [row.分账接收方, row.业务类型])).toContainEqual([RECEIVER, '分账'])
    expect(shares.summary!.总笔数).toBe(shares.rows.length)
  })

  it('agrees with the books of the shop', async () => {
    const bill = () => downloadTradeBill(wxpay, { bill_date })
    const records = [
      { out_trade_no: 'T00001', amount: 10_000, state: 'REFUND' },
      { out_trade_no: 'T00002', amount: 5_001, state: 'SUCCESS' },
      { out_trade_no: 'T00004', amount: 700, state: 'REVOKED' },
      { out_trade_no: 'T00005', amount: 1, state: 'SUCCESS' },
    ]
    const payments = reconcile({ by: PAYMENTS, records, bill: await bill() })
    const findings: unknown[] = []
    for await (const { kind, number } of payments) findings.push([kind, number])
    expect(findings).toEqual([
      ['differs', 'T00002'],
      ['missing-in-records', 'T00003'],
      ['missing-in-bill', 'T00005'],
    ])
    expect(payments.counts.matched).toBe(2)
    const refunds = reconcile({
      by: REFUNDS,
      records: [{ out_refund_no: 'R1', amount: 3_000, state: 'SUCCESS' }],
      bill: await bill(),
    })
    for await (const finding of refunds) throw new Error(finding.kind)
    const reversals = reconcile({
      by: REVERSALS,
      records: [{ out_trade_no: 'T00004', amount: 700 }],
      bill: await bill(),
    })
    for await (const finding of reversals) throw new Error(finding.kind)
  })

  it('gives the verified bytes to be saved', async () => {
    const { file } = await downloadTradeBill(wxpay, { bill_date, tar_type: 'GZIP' })
    const saved = await new Response(file).bytes()
    const { file: plain } = await downloadTradeBill(wxpay, { bill_date })
    expect(saved).toEqual(await new Response(plain).bytes())
    expect((await readAll(parseBill(new Blob([saved]).stream()))).rows).toHaveLength(6)
  })

  const downloads = [downloadTradeBill, downloadFundFlowBill, downloadProfitSharingBill]

  it('refuses what is no day before anything is sent', async () => {
    const before = simulator.journal.length
    for (const download of downloads)
      for (const date of ['20260301', '2026-02-30', 'yesterday'])
        expect(await failure(download(wxpay, { bill_date: date }))).toMatchObject({
          name: 'CallError',
          code: 'QUERY_INVALID',
          message: expect.stringMatching(/^bill_date: /),
        })
    expect(simulator.journal.length).toBe(before)
  })

  it('has WeChat Pay say so when a day is not over, over for too long, or nothing happened on it', async () => {
    for (const download of downloads)
      for (const date of ['2026-03-02', '2025-11-30', '2026-02-28'])
        expect(await failure(download(wxpay, { bill_date: date }))).toMatchObject({
          name: 'ServiceError',
          message: expect.stringContaining('NO_STATEMENT_EXIST'),
        })
  })
})

describe('a download that goes wrong', () => {
  /** The simulator, but for what it answers to the download. */
  const through = (change: (response: Response) => Response | Promise<Response>) =>
    client({
      fetch: async (input, init) => {
        const response = await simulator.fetch(input, init)
        return String(input).includes('billdownload') ? change(response) : response
      },
    })
  const read = async (change: (response: Response) => Response | Promise<Response>, tar_type?: 'GZIP') =>
    readAll(await downloadTradeBill(through(change), { bill_date, ...(tar_type && { tar_type }) }))
  const cut = async (response: Response) => new Response((await response.arrayBuffer()).slice(0, -100))

  it('is cut short', async () => {
    expect(await failure(read(cut))).toMatchObject({ name: 'BillError', code: 'BILL_HASH_MISMATCH' })
    expect(await failure(read(cut, 'GZIP'))).toMatchObject({ name: 'BillError', code: 'BILL_CUT_SHORT' })
  })

  it('has another hash', async () => {
    const changed = async (response: Response) => new Response((await response.text()).replace('OTHERS', 'OTHER'))
    expect(await failure(read(changed))).toMatchObject({ code: 'BILL_HASH_MISMATCH' })
    const bill = await downloadTradeBill(through(changed), { bill_date })
    const saving = new Response(bill.file).text()
    await expect(saving).rejects.toThrow()
  })

  it('breaks off, or is aborted', async () => {
    const broken = (response: Response) => {
      const reader = response.body!.getReader()
      return new Response(
        new ReadableStream({
          async pull(controller) {
            const { done, value } = await reader.read()
            if (done) controller.error(new TypeError('terminated'))
            else controller.enqueue(value)
          },
        }),
      )
    }
    for (const tar_type of [undefined, 'GZIP'] as const)
      expect(await failure(read(broken, tar_type))).toMatchObject({
        name: 'TransportError',
        code: 'RESPONSE_CUT_SHORT',
      })
    const abort = new AbortController()
    const stalled = through(
      () =>
        new Response(
          new ReadableStream({
            start: controller => abort.signal.addEventListener('abort', () => controller.error(abort.signal.reason)),
          }),
        ),
    )
    const bill = await downloadTradeBill(stalled, { bill_date }, { signal: abort.signal })
    const reading = failure(readAll(bill))
    abort.abort()
    expect(await reading).toMatchObject({ name: 'TransportError', code: 'ABORTED' })
  })

  it('stalls, and can be given up', async () => {
    let cancelled = false
    const stalled = through(
      () =>
        new Response(
          new ReadableStream({
            cancel() {
              cancelled = true
            },
          }),
        ),
    )
    const { file } = await downloadTradeBill(stalled, { bill_date })
    const reader = file.getReader()
    const pending = reader.read()
    await reader.cancel()
    expect([(await pending).done, cancelled]).toEqual([true, true])
  })
})

describe('APIv2', () => {
  const v2 = { bill_date: '20260301' }
  it.each([undefined, 'GZIP'] as const)('gives the same trade bill, tar_type %s', async tar_type => {
    const zip = tar_type && { tar_type }
    const bill = await readAll(await downloadTradeBillV2(wxpay, { ...v2, appid, bill_type: 'ALL', ...zip }))
    expect(bill).toEqual(await readAll(await downloadTradeBill(wxpay, { bill_date })))
    const refunds = await readAll(await downloadTradeBillV2(wxpay, { ...v2, appid, bill_type: 'REFUND', ...zip }))
    expect(refunds.rows.map(row => row.商户退款单号)).toEqual(['R1'])
  })

  it('gives the same movements, under titles of its own', async () => {
    const bill = await readAll(
      await downloadFundFlowBillV2(wxpay, { ...v2, appid, account_type: 'Basic', tar_type: 'GZIP' }),
    )
    const v3 = await readAll(await downloadFundFlowBill(wxpay, { bill_date }))
    expect(bill.rows.map(row => row['收支金额（元）'])).toEqual(v3.rows.map(row => row['收支金额(元)']))
    expect(bill.summary).toEqual(v3.summary)
  })

  it('says in XML that there is none, and refuses a day before anything is sent', async () => {
    await expect(downloadTradeBillV2(wxpay, { appid, bill_date: '20260228' })).rejects.toMatchObject({
      name: 'ServiceError',
      serviceCode: '20002',
      serviceMessage: 'No Bill Exist',
    })
    const before = simulator.journal.length
    expect(await failure(downloadTradeBillV2(wxpay, { appid, bill_date }))).toMatchObject({ code: 'BODY_INVALID' })
    expect(simulator.journal.length).toBe(before)
  })

  it('that is cut short has no summary', async () => {
    const cut = client({
      fetch: async (input, init) => {
        const text = await (await simulator.fetch(input, init)).text()
        return new Response(text.slice(0, text.indexOf('总交易单数')))
      },
    })
    expect(await failure(readAll(await downloadTradeBillV2(cut, { ...v2, appid })))).toMatchObject({
      name: 'BillError',
      code: 'BILL_CUT_SHORT',
    })
  })
})
