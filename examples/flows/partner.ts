// A service provider (服务商): clients by merchant number, orders of two sub-merchants, their bills at the documented pace. Against the simulator.
import { downloadTradeBill, PAYMENTS, reconcile } from 'wechatpay-edge/bill'
import { createClientRegistry, createPacer, subMerchantFields, subMerchantFundFlowBills } from 'wechatpay-edge/partner'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator({
  now: () => Date.parse('2026-03-01T12:00:00+08:00'),
  signatureClock: 'simulated',
  deliver: async () => new Response(null, { status: 204 }),
})
const { mchid, appid } = simulator.merchant
const pacer = createPacer({ rates: { 'GET /v3/bill/sub-merchant-fundflowbill': 10 } }) // calls per second
const fetch = pacer.observe(simulator.fetch)

// In production the options come from where the keys are; undefined for a number that is none of yours.
const clients = createClientRegistry(async number =>
  number === mchid ? { ...simulator.merchant, fetch, now: simulator.now } : undefined,
)
const wxpay = await clients.client(mchid)

const shops = { '1900000110': 100, '1900000111': 250 } // fen
for (const [sub_mchid, total] of Object.entries(shops)) {
  const shop = subMerchantFields(wxpay, { sp_appid: appid, sub_mchid })
  // Both use the same number, as sub-merchants may.
  const order = { ...shop.order, out_trade_no: 'order1', description: '茶', notify_url: 'https://example.com/notify' }
  await wxpay.v3.pay.partner.transactions.native.post({ ...order, amount: { total } })
  simulator.pay({ out_trade_no: 'order1', sub_mchid })
}

await simulator.advance(86_400_000) // past days have their bills
const bill_date = '2026-03-01'
for await (const result of subMerchantFundFlowBills(wxpay, [...Object.keys(shops), '1900000112'], {
  bill_date,
  account_type: 'BASIC',
})) {
  if (result.state !== 'bill') console.log(result.sub_mchid, result.state)
  else for await (const row of result.bill.rows) console.log(result.sub_mchid, row.业务名称, row['收支金额(元)'], 'fen')
}

const records = Object.entries(shops).map(([sub_mchid, amount]) => ({ out_trade_no: 'order1', sub_mchid, amount }))
const bill = await downloadTradeBill(wxpay, { bill_date })
const reconciliation = reconcile({ by: PAYMENTS, records, bill, matched: true })
for await (const { kind, sub_mchid, number } of reconciliation) console.log(kind, sub_mchid, number)
