import { assert } from 'chai'
import { concat, utf8 } from '../../src/core/base/bytes.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { verifyHash } from '../../src/flows/bill/download/verify.ts'
import {
  type Bill,
  downloadEcommerceFundFlowBill,
  downloadSubMerchantFundFlowBill,
  downloadTradeBill,
  downloadTradeBillV2,
  PAYMENTS,
  parseBill,
  reconcile,
} from '../../src/flows/bill/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'

const DAY = 86_400_000
const TEXT =
  '\ufeff交易时间,商品名称,订单金额\r\n`2026-03-01 10:00:00,`茶, 😀,`0.29\r\n总交易单数,订单总金额\r\n`1,`0.29\r\n'

/** One byte after the other. */
const bytewise = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })

async function rowsOf<Row, Summary>(bill: Bill<Row, Summary>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of bill.rows) rows.push(row)
  return rows
}

/** A merchant with a payment, on the day after. */
async function paidYesterday() {
  let now = Date.now() - DAY
  const simulator = await createSimulator({
    seed: 'conformance',
    crypto,
    now: () => now,
    deliver: async () => new Response(),
  })
  const { merchant, fetch, mtlsFetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, crypto, now: () => now })
  const { appid, mchid } = merchant
  const out_trade_no = 'T1000001'
  await wxpay.v3.pay.transactions.native.post({
    appid,
    mchid,
    out_trade_no,
    description: '茶',
    notify_url: 'https://example.com/notify',
    amount: { total: 100 },
  })
  simulator.pay({ out_trade_no })
  await simulator.settled()
  const bill_date = new Date(now + DAY / 3).toISOString().slice(0, 10)
  now += DAY
  return { wxpay, appid, bill_date, out_trade_no }
}

/** A partner, one of whose sub-merchants has been paid, on the day after. */
async function soldYesterday() {
  let now = Date.now() - DAY
  const simulator = await createSimulator({
    seed: 'conformance',
    crypto,
    now: () => now,
    deliver: async () => new Response(),
  })
  const { merchant, fetch, mtlsFetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, crypto, now: () => now })
  const [out_trade_no, sub_mchid] = ['T1000001', '1900007292']
  await wxpay.v3.pay.partner.transactions.native.post({
    sp_appid: merchant.appid,
    sp_mchid: merchant.mchid,
    sub_mchid,
    out_trade_no,
    description: '茶',
    notify_url: 'https://example.com/notify',
    amount: { total: 100 },
  })
  simulator.pay({ out_trade_no })
  await simulator.settled()
  const bill_date = new Date(now + DAY / 3).toISOString().slice(0, 10)
  now += DAY
  return { wxpay, bill_date, sub_mchid, out_trade_no }
}

export const cases: readonly Case[] = [
  {
    name: 'the hash of a bill is verified however its bytes are cut',
    async run() {
      // An example of FIPS 180.
      const bill = utf8('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')
      const verify = async (bytes: Uint8Array) => {
        const verified = verifyHash(bytewise(bytes), '84983e441c3bd26ebaae4aa1f95129e5e54670f1')
        let length = 0
        for await (const chunk of verified) length += chunk.length
        return length
      }
      assert.equal(await verify(bill), bill.length)
      includes(await rejection(verify(bill.slice(1))), { code: 'BILL_HASH_MISMATCH' })
    },
  },
  {
    name: 'a bill is read however its bytes are cut, zipped or not',
    async run() {
      const bytes = utf8(TEXT)
      const zipping = new Response(bytes).body!.pipeThrough(new CompressionStream('gzip'))
      const zipped = new Uint8Array(await new Response(zipping).arrayBuffer())
      for (const file of [bytes, zipped]) {
        const bill = parseBill(bytewise(file))
        const [row] = await rowsOf(bill)
        assert.deepEqual(row as object, { 交易时间: '2026-03-01 10:00:00', 商品名称: '茶, 😀', 订单金额: 29 })
        assert.deepEqual(bill.summary as object, { 总交易单数: 1, 订单总金额: 29 })
      }
      includes(await rejection(rowsOf(parseBill(bytewise(zipped.slice(0, -9))))), { code: 'BILL_CUT_SHORT' })
      includes(await rejection(rowsOf(parseBill(bytewise(bytes.slice(0, 90))))), { code: 'BILL_CUT_SHORT' })
    },
  },
  {
    name: 'a bill that is zipped in several members is read, and one with something else behind them is refused',
    async run() {
      const zip = async (bytes: Uint8Array<ArrayBuffer>) =>
        new Uint8Array(
          await new Response(new Response(bytes).body!.pipeThrough(new CompressionStream('gzip'))).arrayBuffer(),
        )
      const bytes = utf8(TEXT)
      const members = await Promise.all([bytes.slice(0, 0), bytes.slice(0, 50), bytes.slice(50)].map(zip))
      const bill = parseBill(bytewise(concat(...members)))
      assert.lengthOf(await rowsOf(bill), 1)
      assert.deepEqual(bill.summary as object, { 总交易单数: 1, 订单总金额: 29 })
      for (const rest of [new Uint8Array(8), utf8('x'), members[1]!.slice(0, -1)])
        includes(await rejection(rowsOf(parseBill(bytewise(concat(...members, rest))))), { code: 'BILL_CUT_SHORT' })
    },
  },
  {
    name: 'a bill is downloaded from the simulator, verified, and agrees with our books',
    async run() {
      const { wxpay, bill_date, out_trade_no } = await paidYesterday()
      for (const tar_type of [undefined, 'GZIP'] as const) {
        const bill = await downloadTradeBill(wxpay, { bill_date, ...(tar_type && { tar_type }) })
        const reconciliation = reconcile({ by: PAYMENTS, records: [{ out_trade_no, amount: 100 }], bill })
        for await (const finding of reconciliation) assert.fail(finding.kind)
        assert.equal(reconciliation.counts.matched, 1)
      }
    },
  },
  {
    name: 'an APIv2 bill is downloaded from the simulator, zipped and not',
    async run() {
      const { wxpay, appid, bill_date, out_trade_no } = await paidYesterday()
      const query = { appid, bill_date: bill_date.replaceAll('-', '') }
      for (const tar_type of [undefined, 'GZIP'] as const) {
        const bill = await downloadTradeBillV2(wxpay, { ...query, ...(tar_type && { tar_type }) })
        includes((await rowsOf(bill))[0], { 商户订单号: out_trade_no, 订单金额: 100 })
      }
    },
  },
  {
    name: 'an encrypted bill is decrypted and verified',
    async run() {
      const { wxpay, bill_date, sub_mchid, out_trade_no } = await soldYesterday()
      for (const tar_type of [undefined, 'GZIP'] as const) {
        const more = { bill_date, ...(tar_type && { tar_type }) }
        const one = await downloadSubMerchantFundFlowBill(wxpay, { ...more, sub_mchid, account_type: 'BASIC' })
        const all = await downloadEcommerceFundFlowBill(wxpay, more)
        for (const bill of [one, all]) assert.equal((await rowsOf(bill))[0]!.业务凭证号, out_trade_no)
      }
    },
  },
]
