// Checked by tsc, never run: what is given decides what comes back.
import { expectTypeOf } from 'vitest'
import type {
  V2PayMicropayPostResponse,
  V2PayOrderqueryPostResponse,
  V3PayTransactionsCodepayPostResponse,
  V3Refund,
  V3Transaction,
  Wechatpay,
} from '../../../src/core/index.ts'
import { type CombinedOrder, micropayOutcome, refund, settledOrder } from '../../../src/flows/payment/index.ts'

declare const wxpay: Wechatpay
const v3 = { appid: '1', mchid: '1', description: 'd', out_trade_no: '1', amount: { total: 1 } }
const v2 = { appid: '1', mch_id: '1', body: 'b', out_trade_no: '1', total_fee: 1, spbill_create_ip: '::1' }
const scene_info = { store_info: { id: '1' } }

export async function micropays(): Promise<void> {
  const paid = await micropayOutcome(wxpay, { ...v3, payer: { auth_code: '1' }, scene_info })
  if (paid.state === 'paid')
    expectTypeOf(paid.transaction).toEqualTypeOf<V3PayTransactionsCodepayPostResponse | V3Transaction>()
  if (paid.state === 'refused') expectTypeOf(paid.serviceCode).toBeString()
  const paidV2 = await micropayOutcome(wxpay, { ...v2, auth_code: '1', sign_type: 'MD5' })
  if (paidV2.state === 'paid')
    expectTypeOf(paidV2.transaction).toEqualTypeOf<V2PayMicropayPostResponse | V2PayOrderqueryPostResponse>()
  // @ts-expect-error there is no code
  await micropayOutcome(wxpay, { ...v3, scene_info })
}

export async function settles(): Promise<void> {
  const order = await settledOrder(wxpay, { out_trade_no: '1' }, { deadline: 0 })
  if (order.isFinal) expectTypeOf(order.data).toEqualTypeOf<V3Transaction>()
  else expectTypeOf(order.data).toEqualTypeOf<V3Transaction | undefined>()
  const combined = await settledOrder(wxpay, { combine_out_trade_no: '1' }, { deadline: new Date() })
  if (combined.isFinal) expectTypeOf(combined.data).toEqualTypeOf<CombinedOrder>()
  // @ts-expect-error nothing waits for ever
  await settledOrder(wxpay, { out_trade_no: '1' }, {})
  // @ts-expect-error names no order
  await settledOrder(wxpay, { mchid: '1' }, { deadline: 0 })
}

export async function refunds(): Promise<void> {
  const { data } = await refund(wxpay, { out_trade_no: '1', out_refund_no: '2', amount: { refund: 1 } })
  expectTypeOf(data).toEqualTypeOf<V3Refund>()
  // @ts-expect-error the number is the caller's to give
  await refund(wxpay, { out_trade_no: '1', amount: { refund: 1 } })
}
