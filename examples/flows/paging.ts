// A list is gone through whichever way its endpoint pages, and nothing is asked for beyond its end. Against the simulator, where
// two shoppers complain; its other lists have two items of their own.
import { Wechatpay } from 'wechatpay-edge'
import { pages, pagesOf } from 'wechatpay-edge/paging'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator()
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })

const { appid, mchid } = simulator.merchant
for (const out_trade_no of ['T100001', 'T100002']) {
  const order = {
    appid,
    mchid,
    out_trade_no,
    description: '茶',
    notify_url: 'https://example.com/notify',
    amount: { total: 100 },
  }
  await wxpay.v3.pay.transactions.native.post(order)
  simulator.pay({ out_trade_no })
  simulator.complain({ out_trade_no }, { complaint_detail: '未收到商品' })
}

// Dates of UTC+8.
const today = new Date(simulator.now() + 8 * 3_600_000).toISOString().slice(0, 10)
const params = { begin_date: today, end_date: today, limit: 1 }
for await (const { complaint_id, complaint_time } of pages(wxpay.v3.merchantService.complaintsV2, { params }))
  console.log('complaint', complaint_id, 'of', complaint_time)

// The total is on the first page.
for await (const { total_count, offset, data } of pagesOf(wxpay.v3.merchantService.complaintsV2, { params }))
  console.log(`page from ${offset}:`, data?.length, total_count ?? '')

for await (const { activity_id } of pages(wxpay.v3.marketing.paygiftactivity.activities, { params: { limit: 10 } }))
  console.log('gift', activity_id)

console.log('requests:', simulator.journal.length)
