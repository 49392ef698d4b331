import type { CloseName } from '../../../src/flows/payment/index.ts'
import { NOTIFY_URL, type TestMerchant, unusedNumber } from './test-merchant.ts'

export const SUB = '1900000110'
const scene = { description: 'd', notify_url: NOTIFY_URL, amount: { total: 100 } }

/** An order that is placed and not paid. */
export interface Placed {
  name: CloseName
  pay: { out_trade_no: string } | { combine_out_trade_no: string }
  /** The orders that are to be closed, as WeChat Pay's accounts have them. */
  numbers: string[]
}

/** How an order of each kind is placed, named, and paid. */
export const KINDS: Record<string, (shop: TestMerchant) => Promise<Placed>> = {
  APIv3: async ({ wxpay, simulator: { merchant } }) => {
    const { appid, mchid } = merchant
    const out_trade_no = unusedNumber()
    await wxpay.v3.pay.transactions.native.post({ appid, mchid, out_trade_no, ...scene })
    return { name: { out_trade_no }, pay: { out_trade_no }, numbers: [out_trade_no] }
  },
  'APIv3 of a partner': async ({ wxpay, simulator: { merchant } }) => {
    const out_trade_no = unusedNumber()
    const parties = { sp_mchid: merchant.mchid, sub_mchid: SUB }
    await wxpay.v3.pay.partner.transactions.native.post({
      ...parties,
      sp_appid: merchant.appid,
      out_trade_no,
      ...scene,
    })
    return { name: { out_trade_no, ...parties }, pay: { out_trade_no }, numbers: [out_trade_no] }
  },
  combined: async ({ wxpay, simulator: { merchant } }) => {
    const combine_out_trade_no = unusedNumber()
    const { appid: combine_appid, mchid } = merchant
    const part = (sub_mchid?: string) => ({
      mchid,
      ...(sub_mchid && { sub_mchid }),
      out_trade_no: unusedNumber(),
      description: 'd',
      attach: 'a',
      amount: { total_amount: 50, currency: 'CNY' },
    })
    const sub_orders = [part(), part(SUB)]
    await wxpay.v3.combineTransactions.native.post({
      combine_appid,
      combine_mchid: mchid,
      combine_out_trade_no,
      notify_url: NOTIFY_URL,
      sub_orders,
      scene_info: { payer_client_ip: '127.0.0.1' },
    } as never)
    return {
      name: { combine_appid, combine_out_trade_no },
      pay: { combine_out_trade_no },
      numbers: sub_orders.map(({ out_trade_no }) => out_trade_no),
    }
  },
  overseas: shop => placeOverseas(shop, { mchid: shop.simulator.merchant.mchid, appid: shop.simulator.merchant.appid }),
  'overseas of an institution': shop =>
    placeOverseas(shop, {
      sp_mchid: shop.simulator.merchant.mchid,
      sp_appid: shop.simulator.merchant.appid,
      sub_mchid: SUB,
    }),
  APIv2: shop => placeV2(shop, {}),
  'APIv2 of a partner': shop => placeV2(shop, { sub_mch_id: SUB }),
}

/** MCC of grocery stores. */
export const merchant_category_code = '5411'

/** An order of 100 yen. */
async function placeOverseas({ wxpay }: TestMerchant, parties: object): Promise<Placed> {
  const out_trade_no = unusedNumber()
  const amount = { total: 100, currency: 'JPY' }
  await wxpay.v3.global.transactions.native.post({
    ...parties,
    ...scene,
    out_trade_no,
    merchant_category_code,
    trade_type: 'NATIVE',
    amount,
  })
  return {
    name: { ...parties, out_trade_no, merchant_category_code },
    pay: { out_trade_no },
    numbers: [out_trade_no],
  }
}

async function placeV2(
  { wxpay, simulator: { merchant } }: TestMerchant,
  sub: { sub_mch_id?: string },
): Promise<Placed> {
  const name = { appid: merchant.appid, mch_id: merchant.mchid, ...sub, out_trade_no: unusedNumber() }
  const more = { spbill_create_ip: '127.0.0.1', notify_url: NOTIFY_URL, trade_type: 'NATIVE' as const }
  await wxpay.v2.pay.unifiedorder.post({ ...name, body: 'b', total_fee: 100, ...more })
  return { name, pay: { out_trade_no: name.out_trade_no }, numbers: [name.out_trade_no] }
}
