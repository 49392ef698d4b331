import type { Simulator } from '../../src/simulator/index.ts'
import type { Merchant } from './request.ts'

/** Names of fields of applyments that hold the media id of a picture. */
const PICTURES = ['license_copy', 'cert_copy', 'ubo_id_doc_copy', 'ubo_id_doc_copy_back']

/**
 * Prepares what correct requests refer to.
 *
 * @returns values by the names of fields: an uploaded picture, an authorization in effect, a stock of coupons that is running
 */
export async function prepare(simulator: Simulator, merchant: Merchant): Promise<Record<string, unknown>> {
  const media_id = await merchant.uploadImage()
  return {
    ...Object.fromEntries(PICTURES.map(name => [name, media_id])),
    authorization_id: await authorize(simulator, merchant),
    stock_id: await startStock(simulator, merchant),
  }
}

async function ask(merchant: Merchant, path: string, body: unknown): Promise<string> {
  const { code, message } = await merchant.ask('POST', path, body)
  if (code !== 'OK') throw new Error(`${path}: ${message}`)
  return message
}

async function authorize(simulator: Simulator, merchant: Merchant): Promise<string> {
  const out_authorization_no = 'Prepared1'
  await ask(merchant, '/v3/fund-app/mch-transfer/user-confirm-authorization', {
    out_authorization_no,
    appid: simulator.merchant.appid,
    openid: simulator.examples.openid,
    transfer_scene_id: '1005',
    user_display_name: '张*',
    authorization_notify_url: 'https://example.com/notify',
  })
  return simulator.confirmAuthorization(out_authorization_no).authorization_id!
}

async function startStock(simulator: Simulator, merchant: Merchant): Promise<string> {
  const { mchid } = simulator.merchant
  const day = (days: number) => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T00:00:00+08:00`
  const created = await ask(merchant, '/v3/marketing/favor/coupon-stocks', {
    stock_name: '满减',
    belong_merchant: mchid,
    available_begin_time: day(-1),
    available_end_time: day(5),
    stock_use_rule: {
      max_coupons: 3,
      max_amount: 300,
      max_coupons_per_user: 2,
      natural_person_limit: false,
      prevent_api_abuse: false,
    },
    coupon_use_rule: {
      fixed_normal_coupon: { coupon_amount: 100, transaction_minimum: 500 },
      available_merchants: [mchid],
    },
    no_cash: false,
    stock_type: 'NORMAL',
    out_request_no: 'Prepared1',
  })
  const { stock_id } = JSON.parse(created) as { stock_id: string }
  await ask(merchant, `/v3/marketing/favor/stocks/${stock_id}/start`, { stock_creator_mchid: mchid })
  return stock_id
}
