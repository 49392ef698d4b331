// A list is gone through whichever way its endpoint pages, and nothing is asked for beyond its end. Against the simulator, whose
// lists have two items.
import { Wechatpay } from 'wechatpay-edge'
import { pages, pagesOf } from 'wechatpay-edge/paging'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator()
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })

const params = { begin_date: '2026-01-01', end_date: '2026-01-30', limit: 1 }
for await (const { complaint_id, complaint_time } of pages(wxpay.v3.merchantService.complaintsV2, { params }))
  console.log('complaint', complaint_id, 'of', complaint_time)

for await (const { total_count, offset, data } of pagesOf(wxpay.v3.merchantService.complaintsV2, { params }))
  console.log(`page from ${offset}: ${data?.length} of ${total_count}`)

const stock = { stock_creator_mchid: simulator.merchant.mchid, limit: 10 }
for await (const { stock_id, status } of pages(wxpay.v3.marketing.favor.stocks, { params: stock }))
  console.log('stock', stock_id, status)

console.log('requests:', simulator.journal.length)
